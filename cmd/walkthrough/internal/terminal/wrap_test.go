package terminal

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func texts(lines []line) []string {
	var list []string
	for _, l := range lines {
		list = append(list, strings.TrimRight(l.String(), " "))
	}
	return list
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		name  string
		in    line
		width int
		want  []string
	}{
		{"words", text("One packet changes that."), 12, []string{"One packet", "changes", "that."}},
		{"just fits", text("One packet changes"), 10, []string{"One packet", "changes"}},
		{"blank at the edge", text("One packet changes"), 11, []string{"One packet", "changes"}},
		{"empty", nil, 10, []string{""}},
		{"Japanese breaks between characters", text("ソケットはもうサーバーのアドレスを知っています"), 20,
			[]string{"ソケットはもうサー", "バーのアドレスを知っ", "ています"}},
		{"no closing mark at a line's beginning", text("何が入るでしょうか。動かす前に"), 18,
			[]string{"何が入るでしょう", "か。動かす前に"}},
		{"no long vowel sign at a line's beginning", text("これはサーバーです"), 12, []string{"これはサー", "バーです"}},
		{"no small kana at a line's beginning", text("これがソケットです"), 10, []string{"これがソ", "ケットです"}},
		{"no opening mark at a line's end", text("これは「接続」です"), 8, []string{"これは", "「接続」", "です"}},
		{"Korean words stay whole", text("소켓은 이제 서버의 주소를 압니다."), 14, []string{"소켓은 이제", "서버의 주소를", "압니다."}},
		{"Latin with a Korean ending stays whole", text("이제 SYN만 1이고 ACK는"), 11, []string{"이제 SYN만", "1이고 ACK는"}},
		{"a word wider than the line is cut", text("abcdefghij kl"), 4, []string{"abcd", "efgh", "ij", "kl"}},
		{"a Korean word wider than the line is cut", text("가나다라마바"), 5, []string{"가나", "다라", "마바"}},
		{"one character wider than the line", text("漢字"), 1, []string{"漢", "字"}},
		{"code stays whole", line{{text: "it calls "}, {"stack/tcp a-b", style{role: roleCode}}, {text: " now"}}, 16,
			[]string{"it calls", "stack/tcp a-b", "now"}},
		{"a comma goes with the code before it", line{{text: "see "}, {"abcd", style{role: roleCode}}, {text: ", and"}}, 8,
			[]string{"see", "abcd,", "and"}},
		{"code after Japanese", line{{text: "表示は"}, {":lang", style{role: roleCode}}, {text: "、"}, {":help", style{role: roleCode}}}, 12,
			[]string{"表示は", ":lang、:help"}},
		{"hard break", text("one\ntwo"), 20, []string{"one", "two"}},
		{"emoji of several code points", text("👩‍💻👩‍💻👩‍💻"), 4, []string{"👩‍💻👩‍💻", "👩‍💻"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			lines := wrap(c.in, c.width)
			if diff := cmp.Diff(c.want, texts(lines)); diff != "" {
				t.Error(diff)
			}
			for _, l := range lines {
				if l.width() > max(c.width, 2) {
					t.Errorf("%q is wider than %d", l, c.width)
				}
			}
		})
	}
}

func TestWrapKeepsStyles(t *testing.T) {
	strong := style{attr: bold}
	got := wrap(line{{text: "a "}, {"bold text", strong}, {text: " b"}}, 7)
	want := []line{{{text: "a "}, {"bold", strong}}, {{"text", strong}, {text: " b"}}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(span{}, style{})); diff != "" {
		t.Error(diff)
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		in         string
		w          int
		head, tail string
	}{
		{"abc", 2, "ab", "c"},
		{"漢字", 3, "漢", "字"},
		{"한글", 4, "한글", ""},
		{"", 4, "", ""},
		{"e\u0301a", 1, "e\u0301", "a"},
	} {
		if h, tail := cut(c.in, c.w); h != c.head || tail != c.tail {
			t.Errorf("cut(%q, %d) = %q, %q", c.in, c.w, h, tail)
		}
	}
}
