// Package check records the chapters and verifies them: it runs their cells, writes what came into the pages, and holds
// the pages against everything they promise.
package check

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/book"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/notebook"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session"
	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/snapshot"
)

// Exit codes of [Command].
const (
	exitFine    = 0
	exitProblem = 1 // something in the book is not as it should be
	exitUsage   = 2 // the command could not do its work
)

// checker is one run over the book.
type checker struct {
	root       string // the module's root
	fsys       fs.FS  // the same
	book       *book.Book
	statements []book.Statement
	only       int // the one chapter wanted; -1: all

	translated bool // accept paragraphs changed in one language only
	draft      bool // record the English page alone

	open    func(context.Context, *book.Chapter) (*notebook.Notebook, error)
	compile func(ctx context.Context, ch *book.Chapter, skip map[string]string) (map[string]string, book.Problems, error)

	stdout   io.Writer
	progress io.Writer
}

const usage = `usage: walkthrough record   [-chapter N] [-translated] [-draft]
       walkthrough verify   [-chapter N]
       walkthrough coverage [-chapter N] [-lang en|ja|ko]
`

// Command is “walkthrough record”, “verify” or “coverage” with what follows it on the command line. Findings go to
// stdout, progress and errors to stderr. It returns the program's exit code: 0 when all is well, 1 when something in the
// book is not, 2 when the command could not do its work.
func Command(ctx context.Context, name string, args []string, stdout, stderr io.Writer) int {
	c := &checker{stdout: stdout, progress: stderr}
	lang := string(book.English)
	flags := flag.NewFlagSet("walkthrough "+name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage) }
	flags.IntVar(&c.only, "chapter", -1, "only this chapter")
	root := flags.String("root", "", "the project's `folder`; without it, the one we are in")
	switch name {
	case "record":
		flags.BoolVar(&c.translated, "translated", false, "accept paragraphs changed in one language only")
		flags.BoolVar(&c.draft, "draft", false, "record the English page alone, whatever the others are like")
	case "coverage":
		flags.StringVar(&lang, "lang", lang, "the language of the sentences")
	case "verify":
	default:
		fmt.Fprintf(stderr, "walkthrough: unknown command %q\n%s", name, usage)
		return exitUsage
	}
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return exitFine
		}
		return exitUsage
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "walkthrough %s: %q is too much; a chapter is named by -chapter\n%s", name, flags.Arg(0), usage)
		return exitUsage
	}
	if !book.Lang(lang).Known() {
		fmt.Fprintf(stderr, "walkthrough %s: -lang %s: the book is written in en, ja and ko\n", name, lang)
		return exitUsage
	}
	if err := c.load(*root); err != nil {
		fmt.Fprintf(stderr, "walkthrough %s: %v\n", name, err)
		return exitUsage
	}
	switch name {
	case "record":
		return c.recordAll(ctx)
	case "verify":
		return c.verifyAll(ctx)
	}
	c.coverage(stdout, book.Lang(lang))
	return exitFine
}

// load reads the book from the disk: it is to be changed, or was just now, so the embedded one would not do.
func (c *checker) load(root string) error {
	if root == "" {
		var ok bool
		if root, ok = snapshot.Root(); !ok {
			return errors.New("the project's source is not here: go to a clone of the project, or name it with -root")
		}
	}
	c.root, c.fsys = root, os.DirFS(root)
	chapters, err := fs.Sub(c.fsys, book.Folder)
	if err != nil {
		return err
	}
	if _, err := fs.Stat(chapters, "."); err != nil {
		return fmt.Errorf("%s has no folder %s: name the project's folder with -root", root, book.Folder)
	}
	c.book, _ = book.Load(chapters) // what is wrong is told chapter by chapter
	notes, err := fs.Sub(c.fsys, "notes")
	if err != nil {
		return err
	}
	if c.statements, err = book.Statements(notes); err != nil {
		return err
	}
	if c.only >= 0 && c.book.Chapter(c.only) == nil {
		return fmt.Errorf("there is no chapter %d: %s", c.only, c.there())
	}
	c.open = func(ctx context.Context, ch *book.Chapter) (*notebook.Notebook, error) {
		return notebook.Open(ctx, ch, notebook.Options{Session: session.Options{Dir: root}})
	}
	c.compile = c.compiled
	return nil
}

// there lists the chapters there are.
func (c *checker) there() string {
	if len(c.book.Chapters) == 0 {
		return "there are none yet"
	}
	list := "there are"
	for i, ch := range c.book.Chapters {
		if i > 0 {
			list += ","
		}
		list += fmt.Sprintf(" %d (%s)", ch.Number, ch.Name)
	}
	return list
}

// wanted returns the chapters to look at.
func (c *checker) wanted() []*book.Chapter {
	if c.only < 0 {
		return c.book.Chapters
	}
	return []*book.Chapter{c.book.Chapter(c.only)}
}

// path returns where a file of a chapter's folder is on the disk.
func (c *checker) path(ch *book.Chapter, file string) string {
	return filepath.Join(c.root, book.Folder, ch.Dir, file)
}

// report prints problems.
func (c *checker) report(problems book.Problems) {
	for _, p := range problems {
		fmt.Fprintln(c.stdout, p)
	}
}

// say tells how the work goes on.
func (c *checker) say(format string, args ...any) {
	fmt.Fprintf(c.progress, format+"\n", args...)
}

// took is how long something took, as one says it.
func took(since time.Time) string {
	return time.Since(since).Round(10 * time.Millisecond).String()
}
