package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/build"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/traefik/yaegi/extract"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/snapshot"
)

// standard is the part of the standard library that cells can use, with what is left out of it. What would reach the
// machine's own network, or read what the reader types, is left out.
var standard = []struct {
	path    string
	exclude []string
}{
	{path: "bufio"}, {path: "bytes"}, {path: "context"}, {path: "encoding/binary"}, {path: "encoding/hex"},
	{path: "errors"}, {path: "fmt", exclude: []string{`^Scan(f|ln)?$`}}, {path: "io"}, {path: "math"},
	{path: "net", exclude: []string{
		`^(Default|Dial|File|Interface|KeepAlive|Listen(er)?[^e]|Lookup|Resolve|Unix)`, `^Listen$`, `^[MN][XS]$`, `^SRV$`,
		`^(IP|TCP|UDP)(Conn|Listener)$`, `^Flag`, `^DNSConfigError$`,
	}},
	{path: "net/netip"}, {path: "sort"}, {path: "strconv"}, {path: "strings"}, {path: "sync"}, {path: "time"},
}

// platforms stand for all there are: what differs between others differs between these.
var platforms = []string{"linux", "darwin", "windows"}

// variant is one form of a package: the files it has under some tags, on some platform.
type variant struct {
	importPath  string
	exclude     []string
	tags        []string
	goos        string
	fingerprint string // of what the symbols can depend on
	text        []byte // without build constraint
}

// output is one generated file.
type output struct {
	name, constraint string
	variant          *variant
}

type plan struct {
	variants []*variant
	outputs  []output
}

// planned finds out which files there will be. It parses the stack, and type-checks nothing.
func planned(root string) (*plan, error) {
	p := &plan{}
	for _, s := range standard {
		v := &variant{importPath: s.path, exclude: s.exclude, goos: "linux", fingerprint: strings.Join(s.exclude, " ")}
		p.variants = append(p.variants, v)
		p.outputs = append(p.outputs, output{stdFolder + "gen_" + strings.ReplaceAll(s.path, "/", "_") + ".go", "", v})
	}
	dirs, err := packages(root)
	if err != nil {
		return nil, err
	}
	for _, dir := range dirs {
		if err := p.room(root, dir); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// packages returns the folders of the stack that are packages, without measurements, scripts for tests, and test data.
func packages(root string) ([]string, error) {
	files, err := snapshot.Files(root, snapshot.Last)
	if err != nil {
		return nil, err
	}
	var dirs []string
	for _, f := range files {
		dir := path.Dir(f.Path)
		if strings.HasSuffix(f.Path, ".go") && !f.Test() && !strings.Contains(dir+"/", "/bench/") && !strings.Contains(dir+"/", "/script/") && !strings.Contains(dir+"/", "/internal/") && !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs, nil
}

// room plans the files of one package of the stack.
func (p *plan) room(root, dir string) error {
	known := map[string]*variant{} // by fingerprint
	type forms [3]*variant         // one a platform
	var now, last forms
	first := 1
	flush := func(end int) {
		if last[0] != nil || last[1] != nil || last[2] != nil {
			p.write(dir, first, end, last)
		}
	}
	for chapter := 1; chapter <= snapshot.Last; chapter++ {
		tags := snapshot.Tags(chapter)
		for i, goos := range platforms {
			print, ok, err := fingerprint(filepath.Join(root, filepath.FromSlash(dir)), tags, goos)
			if err != nil {
				return err
			}
			now[i] = nil
			if !ok {
				continue
			}
			if known[print] == nil {
				v := &variant{importPath: snapshot.Module + "/" + dir, tags: tags, goos: goos, fingerprint: print}
				known[print] = v
				p.variants = append(p.variants, v)
			}
			now[i] = known[print]
		}
		if now != last {
			flush(chapter - 1)
			first, last = chapter, now
		}
	}
	flush(snapshot.Last)
	return nil
}

// write plans the files of one package over one span of chapters.
func (p *plan) write(dir string, first, end int, forms [3]*variant) {
	var terms []string
	span := fmt.Sprintf("%02d", first)
	if first > 1 {
		terms = append(terms, fmt.Sprintf("!before%d", first))
	}
	switch {
	case end == snapshot.Last:
		span = "from" + span
	case end > first:
		span += fmt.Sprintf("to%02d", end)
	}
	if end < snapshot.Last {
		terms = append(terms, fmt.Sprintf("before%d", end+1))
	}
	add := func(v *variant, suffix, platform string) {
		if v == nil {
			return
		}
		t := terms
		if platform != "" {
			t = append(slices.Clone(terms), platform)
		}
		name := "gen_" + strings.ReplaceAll(dir, "/", "_") + "_" + span + suffix + ".go"
		p.outputs = append(p.outputs, output{name, strings.Join(t, " && "), v})
	}
	linux, darwin, windows := forms[0], forms[1], forms[2]
	switch {
	case linux == darwin && darwin == windows:
		add(linux, "", "")
	case darwin == windows:
		add(linux, "_linux", "linux")
		add(darwin, "_other", "!linux")
	default:
		add(linux, "_linux", "linux")
		add(windows, "_windows", "windows")
		add(darwin, "_other", "!linux && !windows")
	}
}

// reuse takes over what was generated from the same names before.
func (p *plan) reuse(dir string) {
	for _, o := range p.outputs {
		old, err := os.ReadFile(filepath.Join(dir, o.name))
		if err != nil {
			continue
		}
		if constraint, print, text, ok := parseOutput(old); ok && constraint == o.constraint && print == mark(o.variant) {
			o.variant.text = text
		}
	}
}

// extract fills in the texts that are missing, and tells of all it could not. The extractor reads its tags from a
// global, so what has the same tags is done side by side, the rest in turn.
func (p *plan) extract() error {
	done := map[string]bool{}
	var failed []error
	for _, v := range p.variants {
		key := v.goos + " " + strings.Join(v.tags, ",")
		if v.text != nil || done[key] {
			continue
		}
		done[key] = true
		build.Default.GOOS, build.Default.BuildTags = v.goos, v.tags
		build.Default.CgoEnabled = false // cgo would bring in nothing but time
		var group sync.WaitGroup
		var mu sync.Mutex
		for _, w := range p.variants {
			if w.text != nil || key != w.goos+" "+strings.Join(w.tags, ",") {
				continue
			}
			group.Go(func() {
				if err := w.extract(); err != nil {
					mu.Lock()
					failed = append(failed, fmt.Errorf("%s (%s): %w", w.importPath, key, err))
					mu.Unlock()
				}
			})
		}
		group.Wait()
	}
	return errors.Join(failed...)
}

var (
	constraintLines = regexp.MustCompile(`(?m)^(//go:build|// \+build) .*\n`)
	header          = regexp.MustCompile(`^// Code generated .*\n+`)
)

func (v *variant) extract() error {
	var b bytes.Buffer
	e := extract.Extractor{Dest: "symbols", Exclude: v.exclude}
	if !v.ours() {
		e.Dest = path.Base(stdFolder)
	}
	if _, err := e.Extract(v.importPath, v.importPath, &b); err != nil {
		return err
	}
	text := header.ReplaceAll(b.Bytes(), nil)
	text = constraintLines.ReplaceAll(text, nil)
	v.text = bytes.TrimLeft(bytes.Replace(text, []byte(`Symbols["fmt/fmt"]`), []byte(`Symbols[Fmt]`), 1), "\n")
	return nil
}

const (
	headLine  = "// Code generated by go generate from what %s exports. DO NOT EDIT.\n"
	buildLine = "//go:build "
	markLine  = "// names "
)

// files returns the texts, by file name.
func (p *plan) files() map[string][]byte {
	files := map[string][]byte{}
	for _, o := range p.outputs {
		if o.variant.text == nil {
			continue
		}
		var b bytes.Buffer
		fmt.Fprintf(&b, headLine, o.variant.importPath)
		b.WriteString(markLine + mark(o.variant) + "\n\n")
		if o.constraint != "" {
			b.WriteString(buildLine + o.constraint + "\n\n")
		}
		b.Write(o.variant.text)
		files[o.name] = b.Bytes()
	}
	return files
}

// parseOutput takes a generated file apart.
func parseOutput(file []byte) (constraint, print string, text []byte, ok bool) {
	head, text, ok := bytes.Cut(file, []byte("\npackage "))
	if !ok {
		return "", "", nil, false
	}
	for l := range strings.Lines(string(head)) {
		l = strings.TrimSpace(l)
		if s, ok := strings.CutPrefix(l, buildLine); ok {
			constraint = s
		}
		if s, ok := strings.CutPrefix(l, markLine); ok {
			print = s
		}
	}
	return constraint, print, append([]byte("package "), text...), true
}
