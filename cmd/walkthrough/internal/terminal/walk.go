// Package terminal is the walkthrough's face on a terminal: it shows a chapter's prose up to the next cell, runs the cell
// when Enter is pressed, and takes any Go in between. It draws; the engine (package notebook) runs.
package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/book"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/msg"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/notebook"
)

// Options say how a walkthrough is made.
type Options struct {
	Book     *book.Book
	Langs    []book.Lang   // one or two; none: those kept, or else that of the locale
	Fresh    bool          // begin at the first chapter, wherever the reader was
	Chapter  *book.Chapter // begin here, unless the reader is in the midst of it; nil: where the reader was
	StateDir string        // where place and history are kept; "": nowhere
	In, Out  *os.File
	Notebook notebook.Options
	// Ahead, if not nil, is told of the chapter that is likely to be opened next.
	Ahead func(ctx context.Context, chapter int)
}

// input is where the reader's lines come from.
type input interface {
	// read asks for a line, or for several that belong together, beginning with initial. The error is io.EOF at the end
	// and errInterrupt after Ctrl-C.
	read(ctx context.Context, prompt, initial string) (string, error)
	close()
}

// Walk is one reader's way through the book.
type Walk struct {
	Options
	book  *book.Book
	m     *msg.Catalog
	s     *screen
	in    input
	edit  *editor // the same as in, where that is an editor
	place Place
	langs []book.Lang

	chapter  *book.Chapter
	sections []section
	opening  *opening // the chapter's notebook, as soon as it is there
	initial  string   // what the next prompt begins with
	hints    int      // how many hints have been shown
	ctrlC    int      // how often Ctrl-C was pressed at the prompt without anything else
	busy     atomic.Pointer[func()]
	raw      atomic.Pointer[tty] // the terminal that is to be given back as it was, whatever happens
	life     context.Context     // ends with the reader's visit
	skip     bool                // the reader wants no more pauses until the next prompt
}

// errQuit ends the walkthrough.
var errQuit = errors.New("quit")

// hintsShown is how many times a reader is told what Enter does.
const hintsShown = 3

// Run leads the reader through the book until they leave it. A nil error means that they left it by their own will, or
// that nobody reads any more.
func Run(ctx context.Context, o Options) error {
	w := &Walk{Options: o, book: o.Book, s: newScreen(o.Out)}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w.life = ctx
	interrupts, stop := w.watchSignals()
	defer stop()
	if len(w.book.Chapters) == 0 {
		return errors.New(msg.For(msg.Locale()).T(msg.NoChapters))
	}
	found := w.restore()
	w.chooseInput(interrupts)
	defer func() { w.in.close() }()
	w.greet(found)
	err := w.loop(ctx)
	w.closeChapter()
	if errors.Is(err, errQuit) || errors.Is(err, io.EOF) || w.s.failed() != nil {
		return nil
	}
	return err
}

// restore finds out where to begin, and in which languages.
func (w *Walk) restore() error {
	p, err := loadPlace(w.StateDir)
	if w.Fresh {
		p.Chapter, p.Cell, err = 0, 0, errNoPlace
	}
	if len(w.Langs) > 0 {
		p.Langs = w.Langs
	}
	if c := w.Options.Chapter; c != nil && c.Number != p.Chapter {
		p.Chapter, p.Cell = c.Number, 0
	}
	c := w.book.Chapter(p.Chapter)
	if c == nil { // of another edition
		c = w.book.Chapters[0]
		p.Chapter, p.Cell = c.Number, 0
	}
	p.Cell = min(p.Cell, len(c.Cells()))
	w.place = p
	w.langs = p.Langs
	if len(w.langs) == 0 { // never chosen
		w.langs = []book.Lang{book.Lang(msg.Locale())}
	}
	w.m = msg.For(w.langs[0])
	w.setChapter(c)
	return err
}

// chooseInput decides between the line editor and plain lines.
func (w *Walk) chooseInput(interrupts <-chan struct{}) {
	columns, lines := w.s.size()
	terminal := isTerminal(w.In) && w.s.ink != InkNone
	switch {
	case terminal && columns >= narrowest && lines >= lowest:
		h := &history{}
		if w.StateDir != "" {
			h = openHistory(historyPath(w.StateDir))
		}
		w.edit = newEditor(w.In, w.Out, w.s.ink, h)
		w.edit.complete = w.completions
		w.edit.more = func(n int) string { return w.m.T(msg.Completions, n) }
		w.in = w.edit
		w.raw.Store(w.edit.tty)
		return
	case terminal:
		w.note(msg.TooSmall, columns, lines, narrowest, lowest)
	}
	w.in = newLineReader(w.In, w.s, interrupts)
}

func (w *Walk) greet(found error) {
	var bad *badPlace
	switch {
	case errors.As(found, &bad):
		w.note(msg.BadState, bad.err, bad.aside)
		w.welcome()
	case found != nil:
		w.welcome()
	case w.place.Cell > 0 && w.place.Cell == len(w.sections)-1:
		w.note(msg.ResumeEnd, w.chapter.Number, w.title())
	case w.place.Chapter > 0 || w.place.Cell > 0:
		w.note(msg.ResumeCell, w.chapter.Number, w.title(), w.place.Cell+1, len(w.sections)-1)
	}
	w.warn()
	w.openChapter(w.place.Cell)
	w.showSection()
}

func (w *Walk) welcome() {
	p := w.page()
	w.s.print(p.say(w.m.T(msg.Welcome), style{roleTitle, bold})...)
	w.s.print(p.say(w.m.T(msg.WelcomeKeys), style{})...)
	w.s.print(p.say(w.m.T(msg.WelcomeLang, joinNames(w.langs)), style{attr: dim})...)
}

// loop takes the reader's lines until they leave.
func (w *Walk) loop(ctx context.Context) error {
	for {
		if err := w.s.failed(); err != nil {
			return err
		}
		w.skip = false
		initial := w.initial
		w.initial = ""
		line, err := w.in.read(ctx, w.prompt(), initial)
		w.s.shown = 0
		switch {
		case errors.Is(err, errInterrupt):
			if w.ctrlC++; line != "" {
				w.ctrlC = 0 // it was there to be cleared
			}
			if w.ctrlC >= 2 {
				w.note(msg.HowToQuit)
			}
			continue
		case errors.Is(err, io.EOF):
			return w.cmdQuit(ctx, nil)
		case err != nil:
			return err
		}
		w.ctrlC = 0
		if err := w.line(ctx, line); err != nil {
			return err
		}
	}
}

// line does what one input says.
func (w *Walk) line(ctx context.Context, src string) error {
	trimmed := strings.TrimSpace(src)
	if trimmed == "" {
		return w.cmdNext(ctx, nil)
	}
	if w.edit != nil {
		w.edit.history.add(src)
	}
	switch {
	case strings.HasPrefix(trimmed, ":"):
		return w.command(ctx, trimmed[1:])
	case trimmed == "?":
		return w.cmdHelp(ctx, nil)
	}
	return w.eval(ctx, src)
}

func (w *Walk) prompt() string {
	at := ""
	if n := len(w.sections) - 1; w.place.Cell < n {
		at = fmt.Sprintf(" %d/%d", w.place.Cell+1, n)
	}
	return w.chapter.Name + at + " › "
}

// page returns the layout for the screen as it is now.
func (w *Walk) page() page { return page{w.s.layout(), w.langs, w.m} }

func (w *Walk) title() string {
	return plainMarkdown(w.chapter.Title(w.langs[0]))
}

// note prints a sentence of the catalog.
func (w *Walk) note(key msg.Key, args ...any) { w.say(w.m.T(key, args...)) }

func (w *Walk) say(s string) { w.s.print(w.page().note(s)...) }

// setChapter makes c the chapter that is read.
func (w *Walk) setChapter(c *book.Chapter) {
	w.chapter, w.sections = c, sections(c)
	w.place.Chapter = c.Number
}

// warn says what is wrong with the chapter's files, so that nobody takes it for what the chapter says.
func (w *Walk) warn() {
	if len(w.chapter.Problems) > 0 {
		w.note(msg.BrokenChapter, w.chapter.Number, w.chapter.Problems)
	}
}

// section returns where the reader is.
func (w *Walk) section() section { return w.sections[w.place.Cell] }

// showSection shows the text from the last cell to the next, and that.
func (w *Walk) showSection() {
	p := w.page()
	sec := w.section()
	lines := append([]line{nil}, p.section(sec)...)
	hint := msg.HintCell
	if sec.cell != nil {
		lines = append(lines, p.cell(sec.cell, len(w.sections)-1)...)
	} else {
		hint = msg.HintEnd
		if next := w.nextChapter(); next != nil {
			lines = append(lines, p.note(w.m.T(msg.EndOfChapter, w.chapter.Number, next.Number, plainMarkdown(next.Title(w.langs[0]))))...)
		} else {
			hint = ""
			lines = append(lines, p.note(w.m.T(msg.EndOfBook))...)
		}
	}
	if w.edit != nil && hint != "" && w.hints < hintsShown {
		w.hints++
		lines = append(lines, p.say(w.m.T(hint), style{attr: dim})...)
	}
	w.printPaged(lines)
}

// printPaged prints lines, and where they are more than the screen takes, waits in between.
func (w *Walk) printPaged(lines []line) {
	columns, height := w.s.size()
	if w.edit == nil || height == 0 || w.skip {
		w.s.print(lines...)
		return
	}
	h := height - 2
	for i, p := range pages(lines, columns, max(0, h-w.s.shown), h) {
		if i > 0 && !w.skip {
			w.pause()
		}
		w.s.print(p...)
	}
}

// pause waits for a key.
func (w *Walk) pause() {
	if w.s.failed() != nil {
		return
	}
	w.s.setStatus(w.m.T(msg.More))
	key, err := w.edit.key()
	w.s.setStatus("")
	r, _ := utf8.DecodeRuneInString(key)
	switch {
	case err != nil || key == "q" || key == "\x03" || key == "\x04":
		w.skip = true
	case key == keyPaste:
		w.skip, w.initial = true, w.edit.tty.pasted
	case unicode.IsGraphic(r) && r != ' ': // the beginning of something for the prompt
		w.skip = true
		w.edit.tty.push(key)
	}
	w.s.shown = 0
}

func (w *Walk) nextChapter() *book.Chapter { return w.book.Chapter(w.chapter.Number + 1) }

// save keeps the reader's place.
func (w *Walk) save() {
	if err := savePlace(w.StateDir, w.place); err != nil {
		w.note(msg.StateNotSaved, err)
		w.StateDir = "" // saying so once is enough
	}
}

// completions finds what Tab may put in.
func (w *Walk) completions(ctx context.Context, src string, pos int) (int, []string) {
	if strings.HasPrefix(src, ":") && !strings.HasPrefix(src, ":d") {
		return w.completeCommand(src[:pos])
	}
	nb := w.ready()
	if nb == nil {
		return pos, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	from := 0
	if strings.HasPrefix(src, ":") { // :doc NAME
		if from = strings.LastIndexByte(src[:pos], ' ') + 1; from == 0 {
			return w.completeCommand(src[:pos])
		}
	}
	c, err := nb.Complete(ctx, src[from:], pos-from)
	if err != nil {
		return pos, nil
	}
	return completion(c, from, pos)
}

func number(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil
}
