// Walkthrough is the reader's program: it shows the book in a terminal, runs its cells, and lets its reader try things in
// between. “walkthrough help” lists what else it does.
package main

import (
	"os"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session"
)

func main() {
	session.MaybeServe() // a session is this program, started again: then this does not return
	os.Exit(run(os.Args[1:], environment{os.Stdin, os.Stdout, os.Stderr}))
}
