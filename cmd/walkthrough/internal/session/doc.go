// Package session runs a notebook's cells in a process of their own, one a chapter, that holds the interpreter and the
// stack as of that chapter. It can be ended at any time and set up again from its cells, so an endless loop, a panic in
// a goroutine, a deadlock or a cell that eats all memory costs the reader nothing but that cell.
//
// # The process
//
// [Start] builds [child] with the chapter's build tags, or finds it built (about two seconds, or a few milliseconds).
// Chapters 0 and 11 run on the finished stack, which the walkthrough itself holds: it is started again, and
// [MaybeServe] makes it a session. So does every chapter where there is no Go toolchain or no source.
//
// # The protocol
//
// The process is spoken to over its standard input and answers over its standard output, one JSON object a line
// ([protocol.Request], [protocol.Message]). What cells print travels inside of it. Standard error is for the last words
// of a process that dies.
//
//	← {"kind":"hello","version":1,"text":"go1.26.0"}
//	→ {"id":1,"op":"run","source":"s := client.Name()\nfmt.Println(s)\nlen(s)"}
//	← {"id":1,"kind":"text","stream":"stdout","text":"client\n"}
//	← {"id":1,"kind":"value","text":"6"}
//	← {"id":1,"kind":"finished"}
//	→ {"id":2,"op":"run","source":"x +"}
//	← {"id":2,"kind":"error","text":"expected operand","line":1,"col":4,"code":"syntax"}
//	← {"id":2,"kind":"finished","state":"unchanged"}
//	→ {"id":3,"op":"complete","source":"client.Na","position":9}
//	← {"id":3,"kind":"answer","completion":{"from":7,"to":9,"items":[{"label":"Name","kind":"method","detail":"func() string"}]}}
//	← {"id":3,"kind":"finished"}
//	→ {"id":4,"op":"document","name":"client.Name"}
//	← {"id":4,"kind":"answer","text":"func (s *Stack) Name() string\n…"}
//	← {"id":4,"kind":"finished"}
//
// Requests are answered in order. A message carries the number of the request that was being answered when it was
// said; what a goroutine prints later carries the number of the request before. A run may say text, picture, value,
// note and error, in the order in which it happened, and ends with finished. Its state is empty when the cell
// succeeded; "unchanged" when it was refused before any of it ran; and "spoiled" when it failed on its way, so that
// nobody knows what it did: then the session has to be ended.
//
// There is no request to interrupt, and none to reset: an interpreter that was stopped within a cell gives wrong
// answers afterwards, and goroutines of its cells would live on. The process is killed, and another is started, in
// which the cells that had succeeded run again unseen. That takes some milliseconds and what the cells take. [Client]
// does it.
//
// A session ends by itself when its input ends, and when the process that started it does.
package session
