//go:build !before7 && before9

package script

// toldMore: until chapter 9 nothing more happens to an end.
func toldMore(*pair) {}
