//go:build !before10

package tcp

const challengeBound = challengeLimit
