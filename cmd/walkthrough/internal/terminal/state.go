package terminal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/book"
)

// Place is where a reader is in the book.
type Place struct {
	Chapter int         `json:"chapter"`
	Cell    int         `json:"cell"`                // how many cells of the chapter have run
	Langs   []book.Lang `json:"languages,omitempty"` // those the reader chose; none: that of the locale
}

// StateDir is the folder for what the program remembers between two runs: XDG_STATE_HOME or its default where that
// convention holds, the user's configuration folder elsewhere.
func StateDir() (string, error) {
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "tsunagu"), nil
	}
	if runtime.GOOS != "windows" && runtime.GOOS != "darwin" {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, ".local", "state", "tsunagu"), nil
		}
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "tsunagu"), nil
}

const placeFile = "place.json"

// errNoPlace is returned by loadPlace where nothing is kept.
var errNoPlace = errors.New("no place is kept")

// badPlace is returned by loadPlace when the file made no sense and was put aside.
type badPlace struct {
	err   error
	aside string
}

func (e *badPlace) Error() string { return fmt.Sprintf("%v (now %s)", e.err, e.aside) }

// loadPlace reads the kept place. What it finds is checked for sense, not against the book.
func loadPlace(dir string) (Place, error) {
	var p Place
	file := filepath.Join(dir, placeFile)
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) || dir == "" {
		return p, errNoPlace
	}
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err == nil {
		err = p.check()
	}
	if err != nil {
		bad := &badPlace{err: err, aside: file + ".broken"}
		if os.Rename(file, bad.aside) != nil {
			bad.aside = file
		}
		return Place{}, bad
	}
	return p, nil
}

func (p Place) check() error {
	if p.Chapter < 0 || p.Cell < 0 {
		return fmt.Errorf("chapter %d, cell %d", p.Chapter, p.Cell)
	}
	if len(p.Langs) > 2 {
		return fmt.Errorf("%d languages", len(p.Langs))
	}
	for _, l := range p.Langs {
		if !l.Known() {
			return fmt.Errorf("language %q", l)
		}
	}
	return nil
}

// savePlace keeps p. The file is replaced as a whole, so that no half of it is ever left.
func savePlace(dir string, p Place) error {
	if dir == "" {
		return nil
	}
	b, err := json.MarshalIndent(p, "", "\t")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return replaceFile(filepath.Join(dir, placeFile), append(b, '\n'))
}

func replaceFile(file string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+"-*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
