package cli

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"votive/cmd/votive/internal/plain"
)

// help prints what a command is for, how it is typed, examples, and its flags.
func (a *app) help(cmd *cobra.Command, _ []string) {
	var b strings.Builder
	for i, paragraph := range strings.Split(strings.TrimSpace(cmd.Long), "\n\n") {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(filled(paragraph, 0))
	}
	own, everywhere := flagsOf(cmd)
	use := cmd.UseLine()
	if own != "" && cmd.HasParent() {
		use += " [FLAGS]"
	}
	b.WriteString("\nUsage:\n  " + use + "\n")
	if cmd.HasAvailableSubCommands() && cmd.HasParent() {
		b.WriteString("  " + cmd.CommandPath() + " COMMAND\n")
	}
	b.WriteString("\nExamples:\n" + cmd.Example + "\n")
	for _, group := range cmd.Groups() {
		b.WriteString("\n" + group.Title + "\n")
		list(&b, cmd, group.ID)
	}
	if len(cmd.Groups()) == 0 && cmd.HasAvailableSubCommands() {
		b.WriteString("\nCommands:\n")
		list(&b, cmd, "")
	}
	if own != "" {
		b.WriteString("\nFlags:\n" + own)
	}
	b.WriteString("\nFlags of every command:\n" + everywhere)
	if !cmd.HasParent() {
		b.WriteString("\nMore about a command: votive COMMAND --help\n")
	}
	fmt.Fprint(a.Out, b.String())
}

// filled is text in lines that fit a page, all but the first one indented. It
// breaks at spaces only: --flags and names of zones stay whole.
func filled(text string, indent int) string {
	var b strings.Builder
	column := indent
	for i, word := range strings.Fields(text) {
		switch w := plain.Width(word); {
		case i == 0:
			column += w
		case column+1+w > plain.Columns:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent + w
		default:
			b.WriteByte(' ')
			column += 1 + w
		}
		b.WriteString(word)
	}
	return b.String() + "\n"
}

// flagsOf describes a command's own flags, and those that all commands have.
func flagsOf(cmd *cobra.Command) (own, everywhere string) {
	shared := cmd.Root().PersistentFlags()
	return describe(cmd.Flags(), shared), describe(shared, nil)
}

// describe describes flags, in the order in which they were defined, without
// those that are in another set.
func describe(flags, without *pflag.FlagSet) string {
	var names, usages []string
	widest := 0
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || without != nil && without.Lookup(f.Name) != nil {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		name := "      --" + f.Name
		if f.Shorthand != "" {
			name = "  -" + f.Shorthand + ", --" + f.Name
		}
		names, usages = append(names, strings.TrimRight(name+" "+value, " ")), append(usages, usage)
		widest = max(widest, len(names[len(names)-1]))
	})
	text := ""
	for i, name := range names {
		text += plain.Pad(name, widest) + "  " + filled(usages[i], widest+2)
	}
	return text
}

func list(b *strings.Builder, cmd *cobra.Command, group string) {
	for _, c := range cmd.Commands() {
		if c.GroupID == group && c.IsAvailableCommand() {
			fmt.Fprintf(b, "  %-11s %s\n", c.Name(), c.Short)
		}
	}
}

func (a *app) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "explain a command",
		Long:    "Explains a command, with examples.",
		Example: "  votive help announce",
		GroupID: groupMore,
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return usage("votive --help", "there is no command %q", strings.Join(append([]string{"votive"}, args...), " "))
			}
			a.help(found, nil)
			return nil
		},
	}
}

func (a *app) completion() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "let your shell complete votive's commands",
		Long: `Prints a script with which your shell completes votive's commands and flags when
you press the tab key.`,
		Example: `  source <(votive completion bash)
  votive completion zsh > "${fpath[1]}/_votive"
  votive completion fish > ~/.config/fish/completions/votive.fish
  votive completion powershell | Out-String | Invoke-Expression`,
		ValidArgs: shells,
		Args:      want("bash|zsh|fish|powershell"),
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(a.Out, true)
			case "zsh":
				return root.GenZshCompletion(a.Out)
			case "fish":
				return root.GenFishCompletion(a.Out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(a.Out)
			}
			return usage("", "there is no completion for %q, only for %s", args[0], strings.Join(shells, ", "))
		},
	}
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "say which votive this is",
		Long:    "Says which version of votive this is.",
		Example: "  votive version",
		Args:    want(),
		RunE: func(*cobra.Command, []string) error {
			if a.json {
				return a.document(fmt.Appendf(nil, `{"version":%q,"go":%q,"system":%q}`,
					a.version, runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH))
			}
			_, err := fmt.Fprintf(a.Out, "votive version %s (%s, %s/%s)\n", a.version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
