package book

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
)

// fence reads a fenced code block: its info string says what it is.
func (p *pageReader) fence(b *Block, n *ast.FencedCodeBlock, source []byte) {
	info := infoOf(n, source)
	b.Text = string(n.Lines().Value(source))
	if !closed(b.Source) {
		p.problem(b.Line, "the code block that begins here is never closed: put a line of %s where it ends", openingFence(b.Source))
	}
	lang, rest, _ := strings.Cut(info, " ")
	rest = strings.TrimSpace(rest)
	first, attributes, _ := strings.Cut(rest, " ")
	b.Lang, b.Kind = lang, KindCode
	switch {
	case first == "output":
		b.Kind = KindOutput
		b.Text = strings.TrimSuffix(b.Text, "\n")
		if lang != string(FormText) && lang != string(FormMermaid) {
			p.problem(b.Line, "“%s output”: an output is “text output” or “mermaid output”; delete it, record writes outputs", lang)
		}
		if attributes != "" {
			p.problem(b.Line, "“%s”: nothing may follow “output”", info)
		}
		p.own(b)
	case lang == "go" && first == "cell":
		b.Kind = KindCell
		b.Cell = p.newCell(b, attributes)
	case lang == "go" && strings.Contains(rest, "#"):
		b.Kind, b.Ref = KindExcerpt, rest
	case lang == "go" && rest != "":
		p.problem(b.Line, "“go %s”: after go comes “cell”, or an excerpt like stack/stack.go#New, or nothing", rest)
	case rest != "":
		p.problem(b.Line, "“%s”: only “go cell …”, “go file#declaration”, “text output” and “mermaid output” have more than one word", info)
	}
}

func openingFence(source string) string {
	line, _, _ := strings.Cut(source, "\n")
	line = strings.TrimLeft(line, " ")
	return line[:len(line)-len(strings.TrimLeft(line, line[:1]))]
}

func closed(source string) bool {
	i := strings.LastIndexByte(source, '\n')
	return i >= 0 && strings.HasPrefix(strings.TrimLeft(source[i+1:], " "), openingFence(source)) &&
		strings.Trim(source[i+1:], " "+source[:1]) == ""
}

// newCell makes the cell of a block from its attributes.
func (p *pageReader) newCell(b *Block, attributes string) *Cell {
	c := &Cell{Index: len(p.page.Cells()), File: p.page.File, Line: b.Line + 1, Source: b.Text, info: attributes}
	c.Name = "cell-" + strconv.Itoa(c.Index+1)
	seen := map[string]bool{}
	for _, a := range p.attributes(b.Line, attributes) {
		if seen[a.key] {
			p.problem(b.Line, "“%s” stands twice: keep one", a.key)
		}
		seen[a.key] = true
		p.attribute(b.Line, c, a)
	}
	if other, ok := p.names[c.Name]; ok {
		p.problem(b.Line, "a second cell named %s, the first is on line %d: give it another name", c.Name, other)
	}
	p.names[c.Name] = b.Line
	if strings.TrimSpace(c.Source) == "" {
		p.problem(b.Line, "the cell is empty: write some Go, or delete it")
	}
	return c
}

var (
	cellName  = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	statement = regexp.MustCompile(`^\d{3}\.\d{1,2}$`)
)

const attributeList = "name=…, covers=004.6,004.7, live, error, on=finished, as=text|mermaid|svg, vary=\"regexp\""

// attribute sets what one attribute says.
func (p *pageReader) attribute(line int, c *Cell, a attribute) {
	switch a.key {
	case "name":
		if !cellName.MatchString(a.value) {
			p.problem(line, "name=%s: a name is lower-case letters, digits and -, and begins with a letter", a.value)
			return
		}
		c.Name = a.value
	case "covers":
		for _, id := range strings.Split(a.value, ",") {
			if !statement.MatchString(id) {
				p.problem(line, "covers=%s: write statements of notes/source-map.md with commas and no blanks, as in covers=004.6,004.7", a.value)
				return
			}
			c.Covers = append(c.Covers, id)
		}
	case "live":
		c.Live = p.flag(line, a)
	case "error":
		c.Error = p.flag(line, a)
	case "on":
		if a.value != "finished" {
			p.problem(line, "on=%s: only on=finished is known; without it a cell runs on its chapter's stack", a.value)
			return
		}
		c.Finished = true
	case "as":
		if f := Form(a.value); f != FormText && f != FormMermaid && f != FormSVG {
			p.problem(line, "as=%s: a picture can be shown as=text, as=mermaid or as=svg", a.value)
			return
		}
		c.As = Form(a.value)
	case "vary":
		r, err := regexp.Compile(a.value)
		if err != nil || a.value == "" {
			p.problem(line, "vary=%q: write a regular expression for what differs from run to run (%v)", a.value, err)
			return
		}
		c.Vary = r
	default:
		p.problem(line, "unknown attribute “%s”: a cell's attributes are %s", a.key, attributeList)
	}
}

// flag is an attribute that has no value.
func (p *pageReader) flag(line int, a attribute) bool {
	if a.hasValue {
		p.problem(line, "“%s” takes no value: write it alone", a.key)
	}
	return true
}

type attribute struct {
	key, value string
	hasValue   bool
}

// attributes splits key, key=value and key="a value with blanks"; between quotes only \" has a meaning of its own.
func (p *pageReader) attributes(line int, s string) []attribute {
	var list []attribute
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		i := strings.IndexAny(s, " =")
		if i < 0 || s[i] == ' ' {
			if i < 0 {
				i = len(s)
			}
			list = append(list, attribute{key: s[:i]})
			s = s[i:]
			continue
		}
		a := attribute{key: s[:i], hasValue: true}
		s = s[i+1:]
		if strings.HasPrefix(s, `"`) {
			var ok bool
			if a.value, s, ok = quoted(s[1:]); !ok {
				p.problem(line, "%s=\"…: the closing \" is missing", a.key)
			}
		} else {
			a.value, s, _ = strings.Cut(s, " ")
		}
		list = append(list, a)
	}
	return list
}

func quoted(s string) (value, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == '"':
			i++
			b.WriteByte('"')
		case s[i] == '"':
			return b.String(), s[i+1:], true
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), "", false
}
