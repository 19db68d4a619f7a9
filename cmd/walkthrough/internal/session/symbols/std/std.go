// Package std holds the symbols of the part of the standard library that cells can name. It is a package of its own so
// that it is compiled once, not for every chapter again.
package std

import "reflect"

// Symbols maps import path and package name, as in net/netip/netip, to the names the package exports. The generated
// files fill it.
var Symbols = map[string]map[string]reflect.Value{}

// Fmt is the key of package fmt. Under its plain key the interpreter would compile generic sources that are of no use
// here, which takes longer than all the rest of its start.
const Fmt = "fmt/./fmt"
