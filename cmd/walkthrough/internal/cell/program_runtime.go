package cell

// programRuntime is what every program of cells has, with § for the mark in its names. It prints: how a session tells
// text, values and errors apart becomes line ends.
const programRuntime = `
// output§ is standard output, and knows whether a line has been begun.
type output§ struct{ begun bool }

var out§ output§

func (o *output§) Write(b []byte) (int, error) {
	if len(b) > 0 {
		o.begun = b[len(b)-1] != '\n'
	}
	return os§§.Stdout.Write(b)
}

// line prints a text on lines of its own.
func (o *output§) line(text string) {
	if o.begun {
		o.Write([]byte("\n"))
	}
	o.Write([]byte(text + "\n"))
}

func Print§(a ...any) (int, error)                 { return fmt§§.Fprint(&out§, a...) }
func Println§(a ...any) (int, error)               { return fmt§§.Fprintln(&out§, a...) }
func Printf§(format string, a ...any) (int, error) { return fmt§§.Fprintf(&out§, format, a...) }

// show§ prints values as a session shows them.
func show§(values ...any) {
	for _, v := range values {
		out§.line(show§§.Format(v))
	}
}

// cell§ runs a cell.
func cell§(name string, run func()) {
	out§.Write([]byte("\x1e" + name + "\n"))
	defer func() {
		if v := recover(); v != nil {
			out§.line("panic: " + panicText§(v, show§§.Format))
		}
	}()
	run()
}
`
