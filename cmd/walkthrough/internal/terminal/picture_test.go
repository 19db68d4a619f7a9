package terminal

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"
)

// TestDrawSVG: every character has its place, wide ones take two columns, and what is drawn is well-formed.
func TestDrawSVG(t *testing.T) {
	svg := drawSVG([]line{{{text: "a<b "}, {text: "日本", style: style{role: roleTitle, attr: bold}}, {text: "c"}}}, 20)
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, svg)
		}
	}
	for _, want := range []string{
		`<text x="16 24 32 40" y="29" fill="#d6deeb">a&lt;b </text>`,
		`<text x="48 64" y="29" fill="#82aaff" font-weight="bold">日本</text>`,
		`<text x="80" y="29" fill="#d6deeb">c</text>`,
	} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %s in\n%s", want, svg)
		}
	}
}
