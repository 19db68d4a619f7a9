package book

import "strings"

// Recorded is what a run of a chapter yields for its pages.
type Recorded struct {
	Outputs  map[string][]Output // by the cell's name; of a cell that is not in it, the page's outputs stay
	Excerpts map[string]string   // by reference; what is not in it stays
}

// Render returns the page's Markdown with the outputs and excerpts put in. All else stays to the letter.
func (p *Page) Render(r Recorded) string {
	var b strings.Builder
	done := 0 // how far the page is written
	for i, block := range p.Blocks {
		switch block.Kind {
		case KindCell:
			outputs, ok := r.Outputs[block.Cell.Name]
			if !ok {
				continue
			}
			b.WriteString(p.Source[done:block.end])
			for _, o := range outputs {
				b.WriteString("\n\n" + o.markdown(block.Cell.Name))
			}
			done = block.end
			for _, old := range p.Blocks[i+1:] {
				if old.Kind != KindOutput {
					break
				}
				done = old.end
			}
		case KindExcerpt:
			text, ok := r.Excerpts[block.Ref]
			if !ok {
				continue
			}
			b.WriteString(p.Source[done:block.start])
			b.WriteString(fenced("go "+block.Ref, text))
			done = block.end
		}
	}
	b.WriteString(p.Source[done:])
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// Excerpts returns what the page's excerpts name, each block once.
func (p *Page) Excerpts() []*Block {
	var list []*Block
	for _, b := range p.Blocks {
		if b.Kind == KindExcerpt {
			list = append(list, b)
		}
	}
	return list
}

// With returns the chapter as it is once its pages are what [Page.Render] made of them.
func (c *Chapter) With(pages map[Lang]string) *Chapter {
	n := &Chapter{Number: c.Number, Name: c.Name, Dir: c.Dir, Pages: map[Lang]*Page{}}
	for l, source := range pages {
		p, problems := ParsePage(c.Pages[l].File, l, []byte(source))
		n.Pages[l] = p
		n.Problems = append(n.Problems, problems...)
	}
	if len(n.Problems) == 0 {
		n.Problems = n.compare()
	}
	return n
}
