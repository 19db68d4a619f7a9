package terminal

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

// historySize is how many entries are kept.
const historySize = 1000

// history is what the reader typed, entry by entry, each of one or more lines. In its file an entry is a JSON string on a
// line of its own.
type history struct {
	file    string // "": nowhere
	entries []string
}

// openHistory reads the file as far as it can be read. Lines that are broken are left out.
func openHistory(file string) *history {
	h := &history{file: file}
	f, err := os.Open(file)
	if err != nil {
		return h
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var entry string
		if json.Unmarshal(s.Bytes(), &entry) == nil && entry != "" {
			h.entries = append(h.entries, entry)
		}
	}
	if len(h.entries) > historySize {
		h.entries = append([]string(nil), h.entries[len(h.entries)-historySize:]...)
		h.rewrite()
	}
	return h
}

// Len and At are how the line editor reads the history.
func (h *history) Len() int { return len(h.entries) }

// At returns the i-th entry, the oldest being the 0th.
func (h *history) At(i int) string { return h.entries[i] }

// add appends an entry unless it repeats the last one. A history that can't be written lasts as long as the program.
func (h *history) add(entry string) {
	if entry = strings.TrimRight(entry, "\n\t "); entry == "" || len(h.entries) > 0 && h.entries[len(h.entries)-1] == entry {
		return
	}
	h.entries = append(h.entries, entry)
	if h.file == "" || os.MkdirAll(filepath.Dir(h.file), 0o700) != nil {
		return
	}
	f, err := os.OpenFile(h.file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer f.Close()
	b, _ := json.Marshal(entry)
	f.Write(append(b, '\n'))
}

func (h *history) rewrite() {
	var b strings.Builder
	for _, e := range h.entries {
		j, _ := json.Marshal(e)
		b.Write(append(j, '\n'))
	}
	replaceFile(h.file, []byte(b.String()))
}
