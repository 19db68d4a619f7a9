package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/hymkor/go-multiline-ny"
	"github.com/mattn/go-runewidth"
	"github.com/nyaosorg/go-readline-ny"
	"github.com/nyaosorg/go-readline-ny/keys"
	"github.com/rivo/uniseg"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/cell"
)

// errInterrupt is returned by a reader of input when Ctrl-C was pressed.
var errInterrupt = errors.New("interrupted")

// completeFunc finds what could stand at pos in src: candidates replace src[from:pos].
type completeFunc func(ctx context.Context, src string, pos int) (from int, candidates []string)

// editor reads cells from a terminal: any number of lines, with history, completion and colours.
type editor struct {
	tty      *tty
	ink      Ink
	history  *history
	complete completeFunc
	more     func(n int) string // says that n further candidates are not shown
	stop     func()
}

// measureText makes the two libraries that measure text here agree. A terminal that shows ambiguous characters wide is
// named to both by the variable that one of them reads; the locale says nothing about it.
func measureText() {
	wide := os.Getenv("RUNEWIDTH_EASTASIAN") == "1"
	runewidth.DefaultCondition.EastAsianWidth = wide
	if wide {
		uniseg.EastAsianAmbiguousWidth = 2
	}
	readline.EnableSurrogatePair(true)
}

func newEditor(in, out *os.File, ink Ink, h *history) *editor {
	measureText()
	prepareConsole(out)
	e := &editor{tty: &tty{in: in, out: out}, ink: ink, history: h}
	e.stop = watchSize(e.tty.resized)
	return e
}

// close gives the terminal back as it was.
func (e *editor) close() {
	e.stop()
	e.tty.leave()
}

// read lets the reader edit initial and returns what it became. The error is errInterrupt after Ctrl-C, [io.EOF] after
// Ctrl-D on an empty line.
func (e *editor) read(ctx context.Context, prompt string, initial string) (string, error) {
	if err := e.tty.enter(); err != nil {
		return "", err
	}
	defer e.tty.leave()
	var ed multiline.Editor // anew each time: it asks for the terminal's size only once
	ed.SetTty(e.tty)
	ed.SetWriter(crlf{e.tty.out})
	ed.SetHistory(e.history)
	clip := &clipboard{}
	ed.LineEditor.Clipboard = clip
	ed.SetPrompt(e.promptWriter(prompt))
	e.colour(&ed)
	if err := e.bind(&ed, clip); err != nil {
		return "", err
	}
	if initial != "" {
		ed.SetDefault(strings.Split(strings.TrimRight(initial, "\n"), "\n"))
		ed.SetMoveEnd(true)
	}
	lines, err := ed.Read(ctx)
	if errors.Is(err, readline.CtrlC) {
		return strings.Join(ed.Lines(), "\n"), errInterrupt
	}
	return strings.Join(lines, "\n"), err
}

// promptWriter shows the prompt before the first line and dots before the others.
func (e *editor) promptWriter(prompt string) func(io.Writer, int) (int, error) {
	first := styled(prompt, rolePrompt).paint(e.ink)
	dots := "· "
	rest := styled(strings.Repeat(" ", max(0, width(prompt)-width(dots)))+dots, roleFrame).paint(e.ink)
	return func(w io.Writer, i int) (int, error) {
		if i == 0 {
			return io.WriteString(w, first)
		}
		return io.WriteString(w, rest)
	}
}

// colour makes the line editor colour Go as the pages do. A line that begins with a colon is a command.
func (e *editor) colour(ed *multiline.Editor) {
	ed.ResetColor, ed.DefaultColor = reset, reset
	if e.ink == InkNone {
		ed.ResetColor, ed.DefaultColor = "", ""
		return
	}
	memo := &stretches{}
	for _, r := range []role{roleKeyword, roleString, roleNumber, roleComment, roleName, rolePrompt} {
		if on := e.ink.sgr(style{role: r}); on != "" {
			ed.Highlight = append(ed.Highlight, readline.Highlight{Pattern: roleFinder{memo, r}, Sequence: on})
		}
	}
}

// stretches remembers the colouring of the last source asked about: the editor asks once a role.
type stretches struct {
	src  string
	list []stretch
}

// roleFinder finds the stretches of one role, in the shape that the line editor asks for.
type roleFinder struct {
	memo *stretches
	role role
}

// FindAllStringIndex returns where text of the role begins and ends.
func (f roleFinder) FindAllStringIndex(s string, _ int) [][]int {
	if f.memo.src != s {
		f.memo.src, f.memo.list = s, colourGo(s)
		if strings.HasPrefix(strings.TrimLeft(s, " \n"), ":") {
			f.memo.list = []stretch{{0, len(s), rolePrompt}}
		}
	}
	var found [][]int
	for _, t := range f.memo.list {
		if t.role == f.role {
			found = append(found, []int{t.start, t.end})
		}
	}
	return found
}

// clipboard hands pasted text to the line editor's yank command.
type clipboard struct{ text, killed string }

// Read returns the pasted text once, and at other times what was last cut.
func (c *clipboard) Read() (string, error) {
	if t := c.text; t != "" {
		c.text = ""
		return t, nil
	}
	return c.killed, nil
}

// Write keeps what was cut.
func (c *clipboard) Write(s string) error {
	c.killed = s
	return nil
}

func (e *editor) bind(ed *multiline.Editor, clip *clipboard) error {
	indentation := 0
	newLine := func(ctx context.Context, b *readline.Buffer) readline.Result {
		own, more := deeper(b.SubString(0, b.Cursor))
		if indentation = own + more; indentation > 0 {
			e.tty.push(keyIndent)
		}
		return ed.NewLine(ctx, b)
	}
	for key, f := range map[keys.Code]func(context.Context, *readline.Buffer) readline.Result{
		keys.CtrlM: func(ctx context.Context, b *readline.Buffer) readline.Result {
			ed.Sync(b.String())
			lines := ed.Lines()
			src := strings.Join(lines, "\n")
			if strings.HasPrefix(src, ":") || ed.CursorLine() == len(lines)-1 && !cell.Incomplete(src) {
				return ed.Submit(ctx, b)
			}
			return newLine(ctx, b)
		},
		keyNewLine: newLine,
		keyIndent: func(_ context.Context, b *readline.Buffer) readline.Result {
			b.InsertAndRepaint(strings.Repeat("\t", indentation))
			return readline.CONTINUE
		},
		"}": closing("}"), ")": closing(")"), "]": closing("]"),
		keyPaste: func(ctx context.Context, b *readline.Buffer) readline.Result {
			clip.text = e.tty.pasted
			return ed.CmdYank(ctx, b)
		},
		keys.CtrlI: func(ctx context.Context, b *readline.Buffer) readline.Result { return e.tab(ctx, ed, b) },
		keys.CtrlS: func(context.Context, *readline.Buffer) readline.Result { return readline.CONTINUE },
	} {
		if err := ed.BindKey(key, readline.AnonymousCommand(f)); err != nil {
			return err
		}
	}
	return nil
}

// closing puts in a closing bracket, one tab further to the left where nothing stands before it.
func closing(bracket string) func(context.Context, *readline.Buffer) readline.Result {
	return func(_ context.Context, b *readline.Buffer) readline.Result {
		if s := b.String(); s != "" && strings.Trim(s, "\t") == "" && b.Cursor == len(s) {
			b.ReplaceAndRepaint(b.Cursor-1, bracket)
		} else {
			b.InsertAndRepaint(bracket)
		}
		return readline.CONTINUE
	}
}

// tab completes the word at the cursor, or indents where there is none.
func (e *editor) tab(ctx context.Context, ed *multiline.Editor, b *readline.Buffer) readline.Result {
	before := b.SubString(0, b.Cursor)
	if strings.TrimSpace(before) == "" && (before != "" || ed.CursorLine() > 0) {
		b.InsertAndRepaint("\t")
		return readline.CONTINUE
	}
	if e.complete == nil {
		return readline.CONTINUE
	}
	ed.Sync(b.String())
	lines := ed.Lines()
	start := 0 // of the cursor's line in the whole
	for _, l := range lines[:ed.CursorLine()] {
		start += len(l) + 1
	}
	pos := start + len(before)
	from, candidates := e.complete(ctx, strings.Join(lines, "\n"), pos)
	if len(candidates) == 0 || from < start || from > pos {
		return readline.CONTINUE
	}
	typed := before[from-start:]
	if common := commonPrefix(candidates); len(common) > len(typed) || len(candidates) == 1 && common != typed {
		b.ReplaceAndRepaint(b.Cursor-readline.MojiCountInString(typed), common)
		return readline.CONTINUE
	}
	if len(candidates) > 1 {
		return e.list(ed, b, candidates)
	}
	return readline.CONTINUE
}

// list shows the candidates under the lines being edited and then these again.
func (e *editor) list(ed *multiline.Editor, b *readline.Buffer, candidates []string) readline.Result {
	ed.SetNextEditHook(func(string) bool {
		ed.GotoEndLine()
		w, h, err := e.tty.Size()
		if err != nil {
			w, h = widthOfPipe, 24
		}
		for _, l := range listing(candidates, w, max(1, h/2), e.more) {
			fmt.Fprintln(b.Out, dimmed(l).paint(e.ink))
		}
		if up := ed.PrintFromLine(ed.Headline()) - (ed.CursorLine() - ed.Headline()); up > 0 {
			fmt.Fprintf(b.Out, "\x1b[%dA", up)
		}
		b.RepaintLastLine()
		return true
	})
	return readline.ENTER
}

// listing sets candidates in columns, down and then across, in at most h lines.
func listing(candidates []string, w, h int, more func(int) string) []string {
	cell := 0
	for _, c := range candidates {
		cell = max(cell, width(c)+2)
	}
	columns := max(1, w/cell)
	rows := (len(candidates) + columns - 1) / columns
	hidden := 0
	if rows > h {
		rows = h
		hidden = len(candidates) - rows*columns
		candidates = candidates[:rows*columns]
	}
	lines := make([]string, rows)
	for i, c := range candidates {
		row := i % rows
		lines[row] += c + strings.Repeat(" ", cell-width(c))
	}
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	if hidden > 0 && more != nil {
		lines = append(lines, more(hidden))
	}
	return lines
}

func commonPrefix(list []string) string {
	p := list[0]
	for _, s := range list[1:] {
		for !strings.HasPrefix(s, p) {
			p = p[:len(p)-1]
		}
	}
	return strings.ToValidUTF8(p, "")
}

// key waits for one key.
func (e *editor) key() (string, error) {
	if err := e.tty.enter(); err != nil {
		return "", err
	}
	defer e.tty.leave()
	return e.tty.GetKey()
}
