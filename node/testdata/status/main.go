// Command status is the yardstick for `votive status`: the least client that
// asks the same question over a unix socket and prints the answer.
package main

import (
	"fmt"
	"io"
	"net"
	"os"
)

func main() {
	c, err := net.Dial("unix", os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Fprint(c, "POST /votive.local.v1.Votive/Status HTTP/1.1\r\nHost: votive\r\nConnection: close\r\n"+
		"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
	answer, err := io.ReadAll(c)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Stdout.Write(answer)
}
