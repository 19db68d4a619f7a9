package terminal

import (
	"context"
	"fmt"
	"strings"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/book"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/msg"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/suggest"
)

func (w *Walk) cmdQuit(context.Context, []string) error {
	w.save()
	w.note(msg.Bye)
	return errQuit
}

func (w *Walk) cmdHelp(_ context.Context, arguments []string) error {
	p := w.page()
	if len(arguments) > 0 {
		c, candidates := findCommand(strings.TrimPrefix(arguments[0], ":"))
		if c == nil {
			if len(candidates) == 0 {
				candidates = suggest.Near(arguments[0], commandNames())
			}
			said := w.m.T(msg.UnknownCommand, arguments[0])
			if len(candidates) > 0 {
				said = w.m.Join(said, w.m.T(msg.DidYouMean, w.either(colons(candidates))))
			}
			w.say(said)
			return nil
		}
		w.s.print(p.say(strings.TrimSpace(":"+c.name+" "+c.arguments), style{roleKeyword, bold})...)
		w.s.print(p.say(w.m.T(c.more), style{})...)
		return nil
	}
	var list [][2]string
	for _, c := range commands() {
		list = append(list, [2]string{strings.TrimSpace(":" + c.name + " " + c.arguments), w.m.T(c.about)})
	}
	lines := append(p.say(w.m.T(msg.HelpIntro), style{}), nil)
	lines = append(append(lines, p.definitions(list)...), nil)
	if w.edit != nil {
		lines = append(append(lines, p.say(w.m.T(msg.HelpKeys), style{})...), nil)
	}
	w.printPaged(append(lines, p.say(w.m.T(msg.HelpMore), style{attr: dim})...))
	return nil
}

// cmdNext is also what an empty line does.
func (w *Walk) cmdNext(ctx context.Context, _ []string) error {
	if w.section().cell != nil {
		w.runCell(ctx)
		return nil
	}
	if next := w.nextChapter(); next != nil {
		w.moveTo(next.Number, 0)
		w.showSection()
		return nil
	}
	w.note(msg.EndOfBook)
	return nil
}

func (w *Walk) cmdRun(ctx context.Context, arguments []string) error {
	n := len(w.sections) - 1
	if w.section().cell == nil {
		w.note(msg.NothingToRun)
		return nil
	}
	until := w.place.Cell + 1
	if len(arguments) > 0 {
		k, ok := number(arguments[0])
		switch {
		case arguments[0] == "all":
			until = n
		case ok && k > w.place.Cell && k <= n && len(arguments) == 1:
			until = k
		default:
			w.note(msg.RunNumber, strings.Join(arguments, " "), w.place.Cell+1, n)
			return nil
		}
	}
	for w.place.Cell < until && !w.skip && w.runCell(ctx) && w.s.failed() == nil {
	}
	return nil
}

func (w *Walk) cmdShow(context.Context, []string) error {
	w.showSection()
	return nil
}

func (w *Walk) cmdEdit(_ context.Context, arguments []string) error {
	cell := w.section().cell
	if len(arguments) > 0 {
		k, ok := number(arguments[0])
		if !ok || k < 1 || k >= len(w.sections) {
			w.note(msg.CellUnknown, arguments[0], w.chapter.Number, len(w.sections)-1)
			return nil
		}
		cell = w.sections[k-1].cell
	}
	switch {
	case cell == nil:
		w.note(msg.NothingToEdit)
	case w.edit == nil:
		w.note(msg.EditPlain)
	default:
		w.initial = strings.TrimRight(cell.Source, "\n")
	}
	return nil
}

func (w *Walk) cmdBack(ctx context.Context, arguments []string) error {
	k := 1
	if len(arguments) > 0 {
		var ok bool
		if k, ok = number(arguments[0]); !ok || k < 1 {
			w.note(msg.BackToNumber, arguments[0])
			return nil
		}
	}
	if w.place.Cell == 0 {
		w.note(msg.BackAtStart)
		return nil
	}
	nb := w.engine(ctx)
	if nb == nil {
		return nil
	}
	cell := max(0, w.place.Cell-k)
	if err := w.rewind(ctx, nb, cell); err != nil {
		w.broken(err)
		return nil
	}
	w.place.Cell = cell
	w.save()
	w.note(msg.BackTo, cell+1)
	w.showSection()
	return nil
}

// cmdGoto goes to 1, socket, 1.4 or .4.
func (w *Walk) cmdGoto(ctx context.Context, arguments []string) error {
	if len(arguments) == 0 {
		return w.cmdChapters(ctx, nil)
	}
	name, cellName, hasCell := strings.Cut(strings.Join(arguments, "."), ".")
	c := w.chapter
	if name != "" || !hasCell {
		if c = FindChapter(w.book, name); c == nil {
			w.say(ChapterUnknown(w.m, w.book, name))
			return nil
		}
	}
	cell := 0
	if hasCell {
		k, ok := number(cellName)
		if n := len(c.Cells()); !ok || k < 1 || k > n {
			w.note(msg.CellUnknown, cellName, c.Number, n)
			return nil
		}
		cell = k - 1
	}
	w.moveTo(c.Number, cell)
	w.showSection()
	return nil
}

// FindChapter returns the chapter that a number or a name stands for, nil when there is none.
func FindChapter(b *book.Book, name string) *book.Chapter {
	if n, ok := number(name); ok {
		return b.Chapter(n)
	}
	for _, c := range b.Chapters {
		if strings.EqualFold(c.Name, name) || strings.EqualFold(c.Dir, name) {
			return c
		}
	}
	return nil
}

// ChapterUnknown says that there is no such chapter, and which there are.
func ChapterUnknown(m *msg.Catalog, b *book.Book, name string) string {
	var names, all []string
	for _, c := range b.Chapters {
		names = append(names, c.Name)
		all = append(all, fmt.Sprintf("%d (%s)", c.Number, c.Name))
	}
	said := m.T(msg.ChapterUnknown, name)
	if near := suggest.Near(name, names); len(near) > 0 {
		said = m.Join(said, m.T(msg.DidYouMean, Either(m, near)))
	}
	return m.Join(said, m.T(msg.ChapterRange, strings.Join(all, ", ")))
}

func (w *Walk) cmdChapters(context.Context, []string) error {
	p := w.page()
	w.s.print(chapterLines(p, w.book, w.chapter)...)
	return nil
}

// chapterLines lists the chapters; here may be nil.
func chapterLines(p page, b *book.Book, here *book.Chapter) []line {
	column, titleColumn := 0, 0
	titles := map[*book.Chapter]line{}
	for _, c := range b.Chapters {
		var t line
		for i, lang := range p.langs {
			if i > 0 {
				t = t.with(" / ", roleFrame)
			}
			t = append(t, span{text: plainMarkdown(c.Title(lang))})
		}
		titles[c] = t
		column, titleColumn = max(column, width(c.Name)), max(titleColumn, t.width())
	}
	var lines []line
	for _, c := range b.Chapters {
		mark := "  "
		if c == here {
			mark = "▸ "
		}
		l := line{{text: strings.Repeat(" ", p.margin())}, {mark, style{role: rolePrompt}}, {fmt.Sprintf("%2d  ", c.Number), style{attr: bold}}}
		l = append(l, pad(styled(c.Name, roleKeyword), column+2)...)
		l = append(l, pad(titles[c], titleColumn)...)
		l = append(l, span{"  " + p.m.T(msg.ChapterCells, len(c.Cells())), style{attr: dim}})
		if c == here {
			l = append(l, span{"  " + p.m.T(msg.ChapterHere), style{role: rolePrompt}})
		}
		lines = append(lines, l)
	}
	return lines
}

func (w *Walk) cmdCells(context.Context, []string) error {
	p := w.page()
	var list [][2]string
	for i, s := range w.sections[:len(w.sections)-1] {
		state := ""
		switch {
		case i < w.place.Cell:
			state = w.m.T(msg.CellDone)
		case i == w.place.Cell:
			state = w.m.T(msg.CellHere)
		}
		first, _, more := strings.Cut(strings.TrimSpace(s.cell.Source), "\n")
		if more {
			first += " …"
		}
		if state != "" {
			state = "  · " + state
		}
		list = append(list, [2]string{fmt.Sprintf("%2d  %s", i+1, s.cell.Name), first + state})
	}
	if len(list) == 0 {
		w.note(msg.NoCells)
		return nil
	}
	w.printPaged(p.definitions(list))
	return nil
}

func (w *Walk) cmdReset(ctx context.Context, _ []string) error {
	w.moveTo(w.chapter.Number, w.place.Cell)
	if w.engine(ctx) != nil {
		w.note(msg.ResetDone)
	}
	return nil
}

func (w *Walk) cmdDoc(ctx context.Context, arguments []string) error {
	if len(arguments) == 0 {
		w.note(msg.DocUsage)
		return nil
	}
	nb := w.engine(ctx)
	if nb == nil {
		return nil
	}
	name := strings.Join(arguments, " ")
	text, err := nb.Doc(ctx, name)
	if err != nil || strings.TrimSpace(text) == "" {
		w.note(msg.DocNothing, name)
		return nil
	}
	w.printPaged(w.page().documentation(text))
	return nil
}

// cmdSockets and cmdLadder ask the session itself: only it knows the world.
func (w *Walk) cmdSockets(ctx context.Context, _ []string) error {
	return w.look(ctx, socketsSource, msg.NoHosts)
}

func (w *Walk) cmdLadder(ctx context.Context, _ []string) error {
	return w.look(ctx, ladderSource, msg.NoPackets)
}

// langNames are the languages as they are named at the prompt.
func langNames(*book.Book) []string {
	var list []string
	for _, l := range book.Langs {
		list = append(list, string(l))
	}
	return list
}

func (w *Walk) cmdLang(_ context.Context, arguments []string) error {
	if len(arguments) == 0 {
		w.note(msg.LangNow, joinNames(w.langs))
		w.note(msg.LangMany)
		return nil
	}
	langs, err := ParseLangs(strings.Join(arguments, ","))
	if err != nil {
		w.say(err.Say(w.m))
		return nil
	}
	w.langs, w.place.Langs = langs, langs
	w.m = msg.For(langs[0])
	w.save()
	if columns, _ := w.s.size(); len(langs) == 2 && columns < twoColumns {
		w.note(msg.LangNarrow, twoColumns, columns)
	}
	w.showSection()
	return nil
}
