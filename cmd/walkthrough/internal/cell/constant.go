package cell

import (
	"go/constant"
	"go/types"
)

// fits says whether a constant can be a value of an integer type.
func fits(t types.TypeAndValue, b *types.Basic) bool {
	v := constant.ToInt(t.Value)
	if b.Kind() == types.Int32 { // of a rune
		n, ok := constant.Int64Val(v)
		return ok && n == int64(int32(n))
	}
	_, ok := constant.Int64Val(v)
	return ok
}
