//go:build !linux

package session

const parentEnv = ""

func parent() {}
