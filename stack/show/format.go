package show

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Format is how the value of a cell is shown, and the one formatter there is: it gives the same text for a value whether
// the code that made it was interpreted or compiled.
//
// The interpreter has no types of the reader's own: a struct becomes one without a name, whose lower-case fields begin with
// an X, and other types become what they are made of. So Format shows no type names, and asks a value of a type of the
// reader's for its Error or String method only where the interpreter knows the method too: for the value itself, and in
// places of type error or fmt.Stringer. Addresses are never shown, as they differ from run to run.
//
//	3   true   "text\n"   [1 2 3]   [45 00 00 28]   {X: 1, Y: 2}   {"a": 1}   nil
//
// A struct is shown as a line for each field, a list of structs as a table.
func Format(v any) string {
	if v == nil {
		return "nil"
	}
	f := formatter{}
	text := f.whole(settle(reflect.ValueOf(v)))
	return trimLines(text)
}

const (
	lineWidth  = 76  // what fits into it stays on one line
	maxItems   = 256 // of a list, a map
	maxNesting = 10  // for what contains itself
)

// formatter walks down a value. Every value it is given can be read and addressed: see settle.
type formatter struct {
	pointers int // followed on the way here
	nesting  int
}

// whole formats the value that is asked for.
func (f formatter) whole(v reflect.Value) string {
	if text, ok := spoken(v, true); ok {
		return text
	}
	switch v = unwrap(v); v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			f.pointers++
			return f.whole(settle(v.Elem()))
		}
	case reflect.Struct:
		if fields := fieldsOf(v); len(fields) > 0 {
			return f.fieldLines(fields)
		}
	case reflect.Slice, reflect.Array:
		if isBytes(v) && v.Len() > 16 {
			return hexLines(bytesOf(v))
		}
		if table, ok := f.table(v); ok {
			return table
		}
	}
	return f.nested(v, nil)
}

// nested formats a value inside of another, on one line if it fits, else on several. slot is the type of the place that
// holds it when that is an interface.
func (f formatter) nested(v reflect.Value, slot reflect.Type) string {
	line := f.line(v, slot)
	if textWidth(line) <= lineWidth {
		return line
	}
	if _, ok := spoken(v, slot != nil && (slot.Implements(errorType) || slot.Implements(stringerType))); ok {
		return line
	}
	f.nesting++
	switch v = unwrap(v); v.Kind() {
	case reflect.Interface:
		return f.nested(settle(v.Elem()), v.Type())
	case reflect.Pointer:
		f.pointers++
		return f.nested(settle(v.Elem()), nil)
	case reflect.Struct:
		return f.fieldLines(fieldsOf(v))
	case reflect.Slice, reflect.Array:
		if isBytes(v) {
			return hexLines(bytesOf(v))
		}
		if table, ok := f.table(v); ok {
			return table
		}
		var lines []string
		for i := range min(v.Len(), maxItems) {
			lines = append(lines, strings.ReplaceAll(f.nested(settle(v.Index(i)), nil), "\n", "\n  "))
		}
		return strings.Join(append(lines, more(v.Len())...), "\n")
	case reflect.Map:
		var lines []string
		for _, k := range sortedKeys(v) {
			lines = append(lines, entry(f.line(settle(k), nil)+": ", f.nested(settle(v.MapIndex(k)), nil)))
		}
		return strings.Join(append(lines, more(v.Len())...), "\n")
	}
	return line
}

// fieldLines has a line for each field, the values one below the other.
func (f formatter) fieldLines(fields []field) string {
	width := 0
	for _, d := range fields {
		width = max(width, textWidth(d.name))
	}
	var lines []string
	for _, d := range fields {
		lines = append(lines, entry(pad(d.name+":", width+2, false), f.nested(d.value, nil)))
	}
	return strings.Join(lines, "\n")
}

// entry puts a value behind its name, or, when it takes several lines, under it.
func entry(name, value string) string {
	if !strings.Contains(value, "\n") {
		return name + value
	}
	return strings.TrimRight(name, " ") + "\n  " + strings.ReplaceAll(value, "\n", "\n  ")
}

// table shows a list of structs whose fields each fit on a line, when there is anything to compare.
func (f formatter) table(v reflect.Value) (string, bool) {
	if v.Len() == 0 || v.Len() > maxItems || v.Type().Elem().Kind() != reflect.Struct {
		return "", false
	}
	var t Table
	for i := range v.Len() {
		item := settle(v.Index(i))
		if _, ok := spoken(item, false); ok {
			return "", false
		}
		fields := fieldsOf(item)
		if len(fields) == 0 {
			return "", false
		}
		var row []string
		for _, d := range fields {
			if i == 0 {
				t.Columns = append(t.Columns, Column{Name: d.name, Right: isNumber(d.value.Kind())})
			}
			row = append(row, f.nestedLine(d.value))
		}
		t.Add(row...)
	}
	text := t.Text()
	return text, textWidth(strings.SplitN(text, "\n", 2)[0]) <= 2*lineWidth
}

func isNumber(k reflect.Kind) bool { return reflect.Int <= k && k <= reflect.Float64 }

func (f formatter) nestedLine(v reflect.Value) string {
	f.nesting++
	return f.line(v, nil)
}

// line formats a value on one line.
func (f formatter) line(v reflect.Value, slot reflect.Type) string {
	if f.nesting++; f.nesting > maxNesting {
		return "…"
	}
	if text, ok := spoken(v, slot != nil && (slot.Implements(errorType) || slot.Implements(stringerType))); ok {
		return strings.ReplaceAll(text, "\n", " ")
	}
	switch v = unwrap(v); v.Kind() {
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.FormatUint(v.Uint(), 10)
	case reflect.Float32, reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'g', -1, v.Type().Bits())
	case reflect.Complex64, reflect.Complex128:
		return strconv.FormatComplex(v.Complex(), 'g', -1, v.Type().Bits())
	case reflect.String:
		return strconv.Quote(v.String())
	case reflect.Interface:
		if v.IsNil() {
			return "nil"
		}
		return f.line(settle(v.Elem()), v.Type())
	case reflect.Pointer:
		switch {
		case v.IsNil():
			return "nil"
		case f.pointers > 0:
			return "&…"
		}
		f.pointers++
		return "&" + f.line(settle(v.Elem()), nil)
	case reflect.Func:
		if v.IsNil() {
			return "nil"
		}
		return "func"
	case reflect.Chan:
		switch {
		case v.IsNil():
			return "nil"
		case v.Cap() == 0:
			return "chan"
		}
		return fmt.Sprintf("chan (%d of %d)", v.Len(), v.Cap())
	case reflect.UnsafePointer:
		return "pointer"
	case reflect.Struct:
		return f.structLine(v)
	case reflect.Slice, reflect.Array:
		if isBytes(v) {
			return fmt.Sprintf("[% x]", bytesOf(v))
		}
		var items []string
		for i := range min(v.Len(), maxItems) {
			items = append(items, f.line(settle(v.Index(i)), nil))
		}
		return "[" + strings.Join(append(items, more(v.Len())...), " ") + "]"
	case reflect.Map:
		var items []string
		for _, k := range sortedKeys(v) {
			items = append(items, f.line(settle(k), nil)+": "+f.line(settle(v.MapIndex(k)), nil))
		}
		return "{" + strings.Join(append(items, more(v.Len())...), ", ") + "}"
	}
	return v.Kind().String()
}

func (f formatter) structLine(v reflect.Value) string {
	fields := fieldsOf(v)
	if len(fields) == 0 && !ofReader(v.Type()) {
		return v.Type().String() // nothing of it is to be seen from outside
	}
	var items []string
	for _, d := range fields {
		items = append(items, d.name+": "+f.line(d.value, nil))
	}
	return "{" + strings.Join(items, ", ") + "}"
}

func more(n int) []string {
	if n <= maxItems {
		return nil
	}
	return []string{fmt.Sprintf("… %d more", n-maxItems)}
}

// sortedKeys returns the first keys of a map in order: numbers and text by themselves, others by how they are shown.
func sortedKeys(v reflect.Value) []reflect.Value {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int {
		if a.Kind() == reflect.Interface {
			a, b = a.Elem(), b.Elem()
		}
		switch {
		case a.CanInt() && b.CanInt():
			return compare(a.Int(), b.Int())
		case a.CanUint() && b.CanUint():
			return compare(a.Uint(), b.Uint())
		case a.CanFloat() && b.CanFloat():
			return compare(a.Float(), b.Float())
		}
		f := formatter{}
		return compare(f.line(settle(a), nil), f.line(settle(b), nil))
	})
	return keys[:min(len(keys), maxItems)]
}

func hexLines(b []byte) string { return hexLinesFrom(0, b) }

// hexLinesFrom shows bytes, sixteen to a line, with the place of the first and the text they would be.
func hexLinesFrom(place int, b []byte) string {
	var lines []string
	for at := 0; at < len(b); at += 16 {
		part := b[at:min(at+16, len(b))]
		text := strings.Map(func(r rune) rune {
			if r < ' ' || r > '~' {
				return '.'
			}
			return r
		}, string(latin1(part)))
		lines = append(lines, fmt.Sprintf("%4d  %-48s %s", place+at, fmt.Sprintf("% x", part), text))
	}
	return strings.Join(lines, "\n")
}

func latin1(b []byte) []rune {
	r := make([]rune, len(b))
	for i := range b {
		r[i] = rune(b[i])
	}
	return r
}

// formatAddrPort writes an address and a port; what is not known yet is a star, as netstat has it.
func formatAddrPort(a netip.AddrPort) string {
	switch {
	case a.IsValid():
		return a.String()
	case a.Port() != 0:
		return "*:" + strconv.Itoa(int(a.Port()))
	}
	return "none"
}

// formatTime is the same wherever it is run: in UTC, and without the monotonic clock's reading.
func formatTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.999999999 UTC") }
