package terminal

import (
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/term"
)

// Keys that are no keys of a keyboard.
const (
	keyPaste  = "\x1b[200~" // a whole pasted text has come
	keyIndent = "\x00indent"
	pasteEnd  = "\x1b[201~"
)

// tty reads keys from the terminal. The line editor opens and closes it for every line; it is in raw mode from enter to
// leave, so that keys typed ahead are neither lost nor echoed in between.
type tty struct {
	in     *os.File
	out    *os.File
	buf    []byte
	pushed []string // keys to be delivered before those in buf
	pasted string   // the text of the last keyPaste

	mu       sync.Mutex
	raw      *term.State // what to go back to; nil: not in raw mode
	onResize func(w, h int)
}

// enter puts the terminal into raw mode, and asks it to mark pasted text.
func (t *tty) enter() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.raw != nil {
		return nil
	}
	s, err := term.MakeRaw(int(t.in.Fd()))
	if err != nil {
		return err
	}
	t.raw = s
	io.WriteString(t.out, "\x1b[?2004h")
	return nil
}

// leave undoes enter. It may be called at any time and from any goroutine.
func (t *tty) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.raw != nil {
		io.WriteString(t.out, "\x1b[?2004l")
		term.Restore(int(t.in.Fd()), t.raw)
		t.raw = nil
	}
}

// Open is called by the line editor at the beginning of each line.
func (t *tty) Open(onResize func(w, h int)) error {
	t.mu.Lock()
	t.onResize = onResize
	t.mu.Unlock()
	return nil
}

// Close is called by the line editor at the end of each line.
func (t *tty) Close() error { return t.Open(nil) }

// Size returns the terminal's columns and lines.
func (t *tty) Size() (w, h int, err error) { return term.GetSize(int(t.out.Fd())) }

// resized tells the line editor of the terminal's new size.
func (t *tty) resized() {
	t.mu.Lock()
	f := t.onResize
	t.mu.Unlock()
	if w, h, err := t.Size(); err == nil && f != nil {
		f(w, h)
	}
}

func (t *tty) push(keys ...string) { t.pushed = append(t.pushed, keys...) }

// GetKey returns the next key: a character, a control character, or an escape sequence as a whole.
func (t *tty) GetKey() (string, error) {
	if len(t.pushed) > 0 {
		key := t.pushed[0]
		t.pushed = t.pushed[1:]
		return key, nil
	}
	for {
		key, n := firstKey(t.buf)
		if n > 0 {
			t.buf = t.buf[n:]
			switch {
			case key == keyPaste:
				return key, t.readPaste()
			case key != "" && key != pasteEnd:
				return key, nil
			}
			continue
		}
		if err := t.fill(); err != nil {
			return "", err
		}
	}
}

func (t *tty) fill() error {
	var chunk [4096]byte
	n, err := t.in.Read(chunk[:])
	t.buf = append(t.buf, chunk[:n]...)
	if n > 0 {
		return nil
	}
	if err == nil {
		err = io.EOF
	}
	return err
}

// readPaste reads the rest of a pasted text.
func (t *tty) readPaste() error {
	for {
		if i := strings.Index(string(t.buf), pasteEnd); i >= 0 {
			t.pasted = cleanPaste(string(t.buf[:i]))
			t.buf = t.buf[i+len(pasteEnd):]
			return nil
		}
		if err := t.fill(); err != nil {
			return errors.Join(errors.New("the pasted text did not end"), err)
		}
	}
}

// cleanPaste makes pasted text fit for a cell: lines end in \n, and control characters are dropped.
func cleanPaste(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	return strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\n' && r != '\t' || r == 0x7f || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
}

// firstKey returns the key that b begins with and its length; 0 when more bytes are needed. A key that is to be passed
// over is "".
func firstKey(b []byte) (string, int) {
	if len(b) == 0 {
		return "", 0
	}
	if b[0] != 0x1b {
		if !utf8.FullRune(b) {
			return "", 0
		}
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 || r == 0 {
			return "", n
		}
		return string(b[:n]), n
	}
	if len(b) == 1 {
		return "", 0
	}
	switch b[1] {
	case 0x1b: // Escape twice: the second may begin a sequence
		return "", 1
	case '[':
		for i := 2; i < len(b); i++ {
			if b[i] >= 0x40 && b[i] <= 0x7e {
				return normalKey(string(b[:i+1])), i + 1
			}
			if b[i] < 0x20 {
				return "", i
			}
		}
		return "", 0
	case 'O':
		if len(b) < 3 {
			return "", 0
		}
		return normalKey(string(b[:3])), 3
	}
	if !utf8.FullRune(b[1:]) {
		return "", 0
	}
	_, n := utf8.DecodeRune(b[1:])
	return string(b[:1+n]), 1 + n
}

// normalKey gives keys that terminals send in several ways the one that the line editor knows.
func normalKey(s string) string {
	switch s {
	case "\x1bOA", "\x1bOB", "\x1bOC", "\x1bOD", "\x1bOH", "\x1bOF": // application mode
		return "\x1b[" + s[2:]
	case "\x1b[1~", "\x1b[7~":
		return "\x1b[H"
	case "\x1b[4~", "\x1b[8~":
		return "\x1b[F"
	case "\x1b[1;3D":
		return "\x1bb"
	case "\x1b[1;3C":
		return "\x1bf"
	case "\x1b[13;2u", "\x1b[27;2;13~", "\x1b[13;3u", "\x1b[27;3;13~": // Shift-Enter, Alt-Enter: a new line
		return keyNewLine
	}
	return s
}

// keyNewLine is Alt-Enter.
const keyNewLine = "\x1b\r"

// crlf turns \n into \r\n while the terminal is raw and does not do so itself.
type crlf struct{ w io.Writer }

func (c crlf) Write(p []byte) (int, error) {
	if _, err := io.WriteString(c.w, strings.ReplaceAll(string(p), "\n", "\r\n")); err != nil {
		return 0, err
	}
	return len(p), nil
}
