//go:build !before4 && before10

package tcp

const challengeBound = 0 // chapter 10
