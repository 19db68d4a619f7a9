// Package show draws: sockets as a table, headers byte by byte, what passed between hosts as a ladder. Everything is drawn
// from values and from what the trace recorded, never from what should have happened.
//
// A [Picture] always has a text form. Most have an SVG form, and some can be told to Mermaid; whoever shows a picture takes
// the best form it can. The words in a picture are the protocols' own, in English; the page around it explains them.
package show

// Picture is a value that can be drawn.
type Picture interface {
	// Text draws with characters, for a terminal or a page of text in which every character has its place. Wide
	// characters take two columns. There is no newline at the end.
	Text() string
}

// SVGer is a picture that can be drawn as SVG: a whole document that refers to nothing outside itself, and stands on a
// light ground of its own, so that it can be read on a dark page too.
type SVGer interface {
	SVG() string
}

// Mermaider is a picture that can be told in Mermaid's language, which Git hosts draw.
type Mermaider interface {
	Mermaid() string
}
