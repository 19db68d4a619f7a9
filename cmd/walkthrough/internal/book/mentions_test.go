package book

import "testing"

func TestMentions(t *testing.T) {
	page := "# a `Title`\n\nSee `stack.New` in `table.go`, not Plain.\n\n- `Item`\n\n| `Head` |\n| --- |\n| `Row` |\n\n" +
		"```go cell\nx.Call(Word)\n```\n\n```text output\nPrinted\n```\n\n```go stack/socket.go#Stack.Socket\nfunc Body() {}\n```\n\n```sh\nrun Code\n```\n"
	p, problems := ParsePage("p.md", English, []byte(page))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	m := p.Mentions()
	for _, w := range []string{"Title", "New", "Item", "Head", "Row", "Call", "Word", "Socket", "Body", "Code"} {
		if !m.Word(w) {
			t.Errorf("%s is not seen", w)
		}
	}
	for _, w := range []string{"Plain", "Printed", "Nothing"} {
		if m.Word(w) {
			t.Errorf("%s is seen", w)
		}
	}
	if !m.File("stack/socket.go") || !m.File("stack/tcp/table.go") || m.File("stack/info.go") {
		t.Error("files")
	}
}
