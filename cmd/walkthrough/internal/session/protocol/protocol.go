// Package protocol is what a session and the program that shows it say to each other. Package session documents the
// conversation; here are its words. Each is one line of JSON.
package protocol

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Version is raised with every change that makes an older partner misunderstand.
const Version = 1

// Op is what a session is asked to do.
type Op string

// The requests.
const (
	Run      Op = "run"      // evaluate Source, a cell
	Complete Op = "complete" // what could stand at Position, a byte offset in Source
	Document Op = "document" // tell about Name
)

// Request asks something of a session. Requests are answered in order, one at a time.
type Request struct {
	ID       int    `json:"id"`
	Op       Op     `json:"op"`
	Source   string `json:"source,omitempty"`
	Position int    `json:"position,omitempty"`
	Name     string `json:"name,omitempty"`
	Live     bool   `json:"live,omitempty"` // the cell's world is the real one: it may start goroutines
}

// Kind is what a message is.
type Kind string

// The messages. Text to Note are for whoever reads the cell; the others for the program that shows it.
const (
	Text    Kind = "text"    // the cell printed Text
	Picture Kind = "picture" // the cell's value is a picture: Text, and SVG and Mermaid where it has those forms
	Value   Kind = "value"   // the cell's value: Text
	Error   Kind = "error"   // what is wrong with the cell: Text, Code, and Line and Col where they are known
	Note    Kind = "note"    // the session itself has something to say: Text, Code

	Hello    Kind = "hello"    // the session is ready; Text is its version of Go
	Answer   Kind = "answer"   // what complete or document found: Completion, Text
	Finished Kind = "finished" // the request is done; State says how a cell left the session
)

// State is how a cell left the session.
type State string

// The states.
const (
	Good      State = ""          // the cell succeeded
	Unchanged State = "unchanged" // the cell was refused before any of it ran
	Spoiled   State = "spoiled"   // the cell failed on its way: the session has to be ended
)

// Message is something a session says. The zero ID belongs to no request.
type Message struct {
	ID      int    `json:"id,omitempty"`
	Kind    Kind   `json:"kind"`
	Text    string `json:"text,omitempty"`
	SVG     string `json:"svg,omitempty"`
	Mermaid string `json:"mermaid,omitempty"`
	Stream  string `json:"stream,omitempty"` // of Text: stdout
	Line    int    `json:"line,omitempty"`   // in the cell, from 1
	Col     int    `json:"col,omitempty"`    // in bytes, from 1
	Code    string `json:"code,omitempty"`   // names the error or note, whatever the language it is told in

	Version    int         `json:"version,omitempty"`
	State      State       `json:"state,omitempty"`
	Completion *Completion `json:"completion,omitempty"`
}

// Completion is what could stand at a place: each item would take the place of the bytes From to To.
type Completion struct {
	From  int    `json:"from"`
	To    int    `json:"to"`
	Items []Item `json:"items,omitempty"`
}

// Item is one thing that could stand there.
type Item struct {
	Label  string `json:"label"`
	Kind   string `json:"kind"`             // package, func, type, var, const, field, method, keyword
	Detail string `json:"detail,omitempty"` // its signature or type
}

// lineMax is how long a line may be: a partner that sends more is not speaking this protocol.
const lineMax = 64 << 20

// Encoder writes lines. It may be used from several goroutines.
type Encoder struct {
	mu sync.Mutex
	e  *json.Encoder
}

// NewEncoder returns an encoder that writes to w.
func NewEncoder(w io.Writer) *Encoder {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return &Encoder{e: e}
}

// Encode writes v, a Request or a Message, with one call of Write.
func (e *Encoder) Encode(v any) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.e.Encode(v)
}

// Decoder reads lines.
type Decoder struct{ r *bufio.Reader }

// NewDecoder returns a decoder that reads from r.
func NewDecoder(r io.Reader) *Decoder { return &Decoder{bufio.NewReaderSize(r, 64<<10)} }

// Decode reads one line into v. It returns io.EOF when there is no more, also when the last line was cut off: its
// writer died.
func (d *Decoder) Decode(v any) error {
	var line []byte
	for {
		part, err := d.r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull) && len(line) < lineMax:
			continue
		case errors.Is(err, bufio.ErrBufferFull):
			return fmt.Errorf("a line of more than %d bytes", lineMax)
		case err != nil:
			return err
		}
		if err := json.Unmarshal(line, v); err != nil {
			return fmt.Errorf("not a line of the session protocol: %.80q: %w", line, err)
		}
		return nil
	}
}
