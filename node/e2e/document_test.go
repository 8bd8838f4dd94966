package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// document is a JSON document, or a part of one.
type document struct{ value any }

func parse(text string) (document, error) {
	var d document
	if err := json.Unmarshal([]byte(text), &d.value); err != nil {
		return d, fmt.Errorf("%q is no JSON document: %w", text, err)
	}
	return d, nil
}

// part is what is at a path like events.0.start; "." is the whole.
func (d document) part(path string) (document, error) {
	if path == "." {
		return d, nil
	}
	for name := range strings.SplitSeq(path, ".") {
		var next any
		ok := false
		switch v := d.value.(type) {
		case map[string]any:
			next, ok = v[name]
		case []any:
			if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(v) {
				next, ok = v[i], true
			}
		}
		if !ok {
			return document{}, fmt.Errorf("there is no %s of %s in %s", name, path, d)
		}
		d = document{next}
	}
	return d, nil
}

// at is the text of what is at a path, or "" where there is nothing.
func (d document) at(path string) string {
	p, err := d.part(path)
	if err != nil {
		return ""
	}
	return p.String()
}

// String is a text as it is, and anything else as JSON.
func (d document) String() string {
	if s, ok := d.value.(string); ok {
		return s
	}
	b, err := json.Marshal(d.value)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// names are those of an object's fields.
func (d document) names() []string {
	fields, _ := d.value.(map[string]any)
	return slices.Sorted(maps.Keys(fields))
}

// list is the elements of an array at a path; none where there is none.
func (d document) list(path string) []document {
	p, err := d.part(path)
	if err != nil {
		return nil
	}
	values, _ := p.value.([]any)
	var all []document
	for _, v := range values {
		all = append(all, document{v})
	}
	return all
}
