// Command child is a session: the interpreter and the stack as of the chapter whose build tags it was built with. The
// walkthrough builds it, starts it and speaks to it.
package main

import "github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session/worker"

func main() { worker.Main() }
