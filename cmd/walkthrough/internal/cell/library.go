package cell

import (
	"fmt"
	"go/constant"
	"go/types"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// Library is the packages that cells can use, by the names they have in cells.
type Library struct {
	paths   map[string]string // import path by name
	imports map[string]string // as the interpreter knows it, by name
	load    func(path string) (*types.Package, error)

	mu     sync.Mutex
	loaded map[string]*types.Package
}

// Names returns the names of the packages, sorted.
func (l *Library) Names() []string {
	if l == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(l.paths))
}

// Path returns the import path of a package, "" when there is none of this name.
func (l *Library) Path(name string) string {
	if l == nil {
		return ""
	}
	return l.paths[name]
}

func (l *Library) has(path string) bool {
	if l == nil {
		return false
	}
	for _, p := range l.paths {
		if p == path {
			return true
		}
	}
	return false
}

// Import makes a Library an importer for the type checker.
func (l *Library) Import(path string) (*types.Package, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p, ok := l.loaded[path]; ok {
		return p, nil
	}
	p, err := l.load(path)
	if err == nil {
		l.loaded[path] = p
	}
	return p, err
}

// FromSymbols makes a library of the interpreter's symbols: the package's path and name by a key like "net/netip/netip",
// and what it exports as yaegi's extract writes it. A path may end in "/.", which hides a package from the interpreter's
// special treatment. No Go toolchain is asked; what reflection cannot see is not there: generic functions, and the names of
// parameters.
func FromSymbols(symbols map[string]map[string]reflect.Value) *Library {
	m := &mirror{
		symbols: map[string]map[string]reflect.Value{},
		pkgs:    map[string]*types.Package{},
		named:   map[reflect.Type]*types.Named{},
		done:    map[string]bool{},
	}
	l := &Library{paths: map[string]string{}, imports: map[string]string{}, loaded: map[string]*types.Package{}, load: m.load}
	for key, names := range symbols {
		dir, name := path.Dir(key), path.Base(key)
		if dir == "." || !strings.Contains(key, "/") {
			continue
		}
		p := strings.TrimSuffix(dir, "/.")
		l.paths[name], l.imports[name] = p, dir
		m.symbols[p] = names
		m.pkg(p, name)
	}
	return l
}

// mirror makes the type checker's types of the types that reflection sees.
type mirror struct {
	symbols map[string]map[string]reflect.Value
	pkgs    map[string]*types.Package
	named   map[reflect.Type]*types.Named
	done    map[string]bool
}

func (m *mirror) pkg(path, name string) *types.Package {
	p, ok := m.pkgs[path]
	if !ok {
		p = types.NewPackage(path, name)
		p.MarkComplete()
		m.pkgs[path] = p
	}
	return p
}

func (m *mirror) load(path string) (*types.Package, error) {
	names, ok := m.symbols[path]
	if !ok {
		return nil, fmt.Errorf("there is no package %s in cells", path)
	}
	p := m.pkgs[path]
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if o := m.object(p, name, names[name]); o != nil {
			p.Scope().Insert(o)
		}
	}
	return p, nil
}

// object makes the object that a package exports under a name.
func (m *mirror) object(p *types.Package, name string, v reflect.Value) types.Object {
	if strings.HasPrefix(name, "_") || !v.IsValid() { // what the interpreter wraps values of interface types in
		return nil
	}
	if v.CanAddr() {
		return types.NewVar(0, p, name, m.typ(v.Type()))
	}
	if v.CanInterface() {
		if c, ok := v.Interface().(constant.Value); ok {
			return types.NewConst(0, p, name, untyped(c), c)
		}
	}
	t := v.Type()
	switch k := v.Kind(); {
	case k == reflect.Pointer && v.IsNil():
		if n, ok := m.typ(t.Elem()).(*types.Named); ok && n.Obj().Pkg() == p && n.Obj().Name() == name {
			return n.Obj()
		}
		o := types.NewTypeName(0, p, name, nil)
		types.NewAlias(o, m.typ(t.Elem()))
		return o
	case k == reflect.Func:
		sig := m.typ(t).Underlying().(*types.Signature)
		return types.NewFunc(0, p, name, sig)
	}
	if c := constantOf(v); c != nil {
		return types.NewConst(0, p, name, m.typ(t), c)
	}
	return types.NewVar(0, p, name, m.typ(t))
}

func untyped(c constant.Value) types.Type {
	switch c.Kind() {
	case constant.Bool:
		return types.Typ[types.UntypedBool]
	case constant.String:
		return types.Typ[types.UntypedString]
	case constant.Int:
		return types.Typ[types.UntypedInt]
	case constant.Complex:
		return types.Typ[types.UntypedComplex]
	}
	return types.Typ[types.UntypedFloat]
}

func constantOf(v reflect.Value) constant.Value {
	switch {
	case v.Kind() == reflect.Bool:
		return constant.MakeBool(v.Bool())
	case v.Kind() == reflect.String:
		return constant.MakeString(v.String())
	case v.CanInt():
		return constant.MakeInt64(v.Int())
	case v.CanUint():
		return constant.MakeUint64(v.Uint())
	case v.CanFloat():
		return constant.MakeFloat64(v.Float())
	case v.CanComplex():
		c := v.Complex()
		return constant.BinaryOp(constant.MakeFloat64(real(c)), '+', constant.MakeImag(constant.MakeFloat64(imag(c))))
	}
	return nil
}

var basics = map[reflect.Kind]types.BasicKind{
	reflect.Bool: types.Bool, reflect.String: types.String,
	reflect.Int: types.Int, reflect.Int8: types.Int8, reflect.Int16: types.Int16, reflect.Int32: types.Int32, reflect.Int64: types.Int64,
	reflect.Uint: types.Uint, reflect.Uint8: types.Uint8, reflect.Uint16: types.Uint16, reflect.Uint32: types.Uint32, reflect.Uint64: types.Uint64,
	reflect.Uintptr: types.Uintptr, reflect.Float32: types.Float32, reflect.Float64: types.Float64,
	reflect.Complex64: types.Complex64, reflect.Complex128: types.Complex128, reflect.UnsafePointer: types.UnsafePointer,
}

var reflectError = reflect.TypeFor[error]()

func (m *mirror) typ(t reflect.Type) types.Type {
	switch {
	case t == reflectError:
		return types.Universe.Lookup("error").Type()
	case t.Name() == "" || t.PkgPath() == "":
		return m.literal(t)
	}
	if n, ok := m.named[t]; ok {
		return n
	}
	name, _, _ := strings.Cut(t.String(), ".")
	p := m.pkg(t.PkgPath(), name)
	n := types.NewNamed(types.NewTypeName(0, p, t.Name(), nil), nil, nil)
	m.named[t] = n
	n.SetUnderlying(m.literal(t))
	if t.Kind() != reflect.Interface {
		m.methods(p, n, t)
	}
	return n
}

// methods adds the exported methods, those that come by embedding too.
func (m *mirror) methods(p *types.Package, n *types.Named, t reflect.Type) {
	ptr := reflect.PointerTo(t)
	for i := range ptr.NumMethod() {
		method := ptr.Method(i)
		var recv types.Type = n
		if _, ok := t.MethodByName(method.Name); !ok {
			recv = types.NewPointer(n)
		}
		sig := m.signature(method.Type, 1)
		sig = types.NewSignatureType(types.NewVar(0, p, "", recv), nil, nil, sig.Params(), sig.Results(), sig.Variadic())
		n.AddMethod(types.NewFunc(0, p, method.Name, sig))
	}
}

func (m *mirror) signature(t reflect.Type, skip int) *types.Signature {
	var in, out []*types.Var
	for i := skip; i < t.NumIn(); i++ {
		in = append(in, types.NewParam(0, nil, "", m.typ(t.In(i))))
	}
	for i := range t.NumOut() {
		out = append(out, types.NewParam(0, nil, "", m.typ(t.Out(i))))
	}
	return types.NewSignatureType(nil, nil, nil, types.NewTuple(in...), types.NewTuple(out...), t.IsVariadic())
}

// literal makes what a type is made of.
func (m *mirror) literal(t reflect.Type) types.Type {
	switch t.Kind() {
	case reflect.Pointer:
		return types.NewPointer(m.typ(t.Elem()))
	case reflect.Slice:
		return types.NewSlice(m.typ(t.Elem()))
	case reflect.Array:
		return types.NewArray(m.typ(t.Elem()), int64(t.Len()))
	case reflect.Map:
		return types.NewMap(m.typ(t.Key()), m.typ(t.Elem()))
	case reflect.Chan:
		dir := map[reflect.ChanDir]types.ChanDir{reflect.BothDir: types.SendRecv, reflect.SendDir: types.SendOnly, reflect.RecvDir: types.RecvOnly}
		return types.NewChan(dir[t.ChanDir()], m.typ(t.Elem()))
	case reflect.Func:
		return m.signature(t, 0)
	case reflect.Struct:
		return m.structure(t)
	case reflect.Interface:
		if t.NumMethod() == 0 && t.Name() == "" {
			return types.Universe.Lookup("any").Type()
		}
		var methods []*types.Func
		for i := range t.NumMethod() {
			method := t.Method(i)
			var p *types.Package
			if method.PkgPath != "" {
				p = m.pkg(method.PkgPath, path.Base(method.PkgPath))
			}
			methods = append(methods, types.NewFunc(0, p, method.Name, m.signature(method.Type, 0)))
		}
		return types.NewInterfaceType(methods, nil).Complete()
	}
	return types.Typ[basics[t.Kind()]]
}

func (m *mirror) structure(t reflect.Type) types.Type {
	var fields []*types.Var
	var tags []string
	for i := range t.NumField() {
		f := t.Field(i)
		pkgPath := f.PkgPath
		if pkgPath == "" {
			pkgPath = t.PkgPath()
		}
		var p *types.Package
		if pkgPath != "" {
			p = m.pkg(pkgPath, path.Base(pkgPath))
		}
		fields = append(fields, types.NewField(0, p, f.Name, m.typ(f.Type), f.Anonymous))
		tags = append(tags, string(f.Tag))
	}
	return types.NewStruct(fields, tags)
}
