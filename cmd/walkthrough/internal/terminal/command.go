package terminal

import (
	"context"
	"slices"
	"strings"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/msg"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/suggest"
)

// command is one of the words that may follow a colon at the prompt.
type command struct {
	name      string
	short     []string // besides every beginning that leaves no doubt
	arguments string   // as shown in help; "" when it takes none
	about     msg.Key  // in one line
	more      msg.Key
	run       func(w *Walk, ctx context.Context, arguments []string) error
}

// commands returns all of them in the order in which help lists them.
func commands() []*command {
	return []*command{
		{"help", []string{"h", "?"}, "[COMMAND]", msg.AboutHelp, msg.MoreHelp, (*Walk).cmdHelp},
		{"next", []string{"n"}, "", msg.AboutNext, msg.MoreNext, (*Walk).cmdNext},
		{"run", []string{"r"}, "[CELL | all]", msg.AboutRun, msg.MoreRun, (*Walk).cmdRun},
		{"show", []string{"s"}, "", msg.AboutShow, msg.MoreShow, (*Walk).cmdShow},
		{"edit", []string{"e"}, "[CELL]", msg.AboutEdit, msg.MoreEdit, (*Walk).cmdEdit},
		{"back", []string{"b"}, "[CELLS]", msg.AboutBack, msg.MoreBack, (*Walk).cmdBack},
		{"goto", []string{"g"}, "CHAPTER[.CELL]", msg.AboutGoto, msg.MoreGoto, (*Walk).cmdGoto},
		{"chapters", []string{"c"}, "", msg.AboutChapters, msg.MoreChapters, (*Walk).cmdChapters},
		{"cells", nil, "", msg.AboutCells, msg.MoreCells, (*Walk).cmdCells},
		{"lang", []string{"l"}, "LANGUAGE [LANGUAGE]", msg.AboutLang, msg.MoreLang, (*Walk).cmdLang},
		{"sockets", nil, "", msg.AboutSockets, msg.MoreSockets, (*Walk).cmdSockets},
		{"ladder", nil, "", msg.AboutLadder, msg.MoreLadder, (*Walk).cmdLadder},
		{"ping", nil, "[FROM] TO", msg.AboutPing, msg.MorePing, (*Walk).cmdPing},
		{"traceroute", nil, "[FROM] TO", msg.AboutTraceroute, msg.MoreTraceroute, (*Walk).cmdTraceroute},
		{"doc", []string{"d"}, "NAME", msg.AboutDoc, msg.MoreDoc, (*Walk).cmdDoc},
		{"reset", nil, "", msg.AboutReset, msg.MoreReset, (*Walk).cmdReset},
		{"quit", []string{"q", "exit"}, "", msg.AboutQuit, msg.MoreQuit, (*Walk).cmdQuit},
	}
}

func commandNames() []string {
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	return names
}

// findCommand returns the command that word stands for, or else those that it may stand for.
func findCommand(word string) (*command, []string) {
	word = strings.ToLower(word)
	var begin []*command
	for _, c := range commands() {
		if c.name == word || slices.Contains(c.short, word) {
			return c, nil
		}
		if word != "" && strings.HasPrefix(c.name, word) {
			begin = append(begin, c)
		}
	}
	if len(begin) == 1 {
		return begin[0], nil
	}
	var names []string
	for _, c := range begin {
		names = append(names, c.name)
	}
	return nil, names
}

// command does what a line that began with a colon says.
func (w *Walk) command(ctx context.Context, text string) error {
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return w.cmdHelp(ctx, nil)
	}
	c, candidates := findCommand(fields[0])
	switch {
	case c == nil && len(candidates) > 0:
		w.note(msg.AmbiguousCommand, fields[0], w.either(colons(candidates)))
	case c == nil:
		said := w.m.T(msg.UnknownCommand, fields[0])
		if near := suggest.Near(fields[0], commandNames()); len(near) > 0 {
			said = w.m.Join(said, w.m.T(msg.DidYouMean, w.either(colons(near))))
		}
		w.say(w.m.Join(said, w.m.T(msg.SeeHelp)))
	case c.arguments == "" && len(fields) > 1:
		w.note(msg.NoArguments, c.name)
	default:
		return c.run(w, ctx, fields[1:])
	}
	return nil
}

func colons(names []string) []string {
	var list []string
	for _, n := range names {
		list = append(list, ":"+n)
	}
	return list
}

// either joins choices by the language's word for or.
func (w *Walk) either(list []string) string { return Either(w.m, list) }

// Either joins choices by commas and the language's word for or.
func Either(m *msg.Catalog, list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return m.T(msg.Or, strings.Join(list[:len(list)-1], ", "), list[len(list)-1])
}

// completeCommand completes a command and what may follow it.
func (w *Walk) completeCommand(src string) (from int, candidates []string) {
	from = strings.LastIndexAny(src, " :") + 1
	word := src[from:]
	var choices []string
	if strings.TrimSpace(src[:from]) == ":" {
		choices = commandNames()
	} else if c, _ := findCommand(strings.Fields(src[1:])[0]); c != nil {
		switch c.name {
		case "help":
			choices = commandNames()
		case "lang":
			choices = langNames(w.book)
		case "goto":
			for _, c := range w.book.Chapters {
				choices = append(choices, c.Name)
			}
		case "run":
			choices = []string{"all"}
		}
	}
	for _, c := range choices {
		if strings.HasPrefix(c, word) {
			candidates = append(candidates, c)
		}
	}
	return from, candidates
}
