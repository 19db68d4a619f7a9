module github.com/tsunagu/tsunagu

go 1.26.0

require (
	github.com/aymanbagabas/go-udiff v0.4.1
	github.com/google/go-cmp v0.7.0
	github.com/gopacket/gopacket v1.7.7
	github.com/hymkor/go-multiline-ny v0.22.4
	github.com/mattn/go-runewidth v0.0.19
	github.com/mdlayher/ethernet v0.0.0-20220221185849-529eae5b6118
	github.com/nyaosorg/go-readline-ny v1.14.1
	github.com/rivo/uniseg v0.4.7
	github.com/traefik/yaegi v0.16.1
	github.com/vishvananda/netlink v1.3.1
	github.com/vishvananda/netns v0.0.5
	github.com/yuin/goldmark v1.8.7
	golang.org/x/net v0.62.0
	golang.org/x/sys v0.49.0
	golang.org/x/term v0.47.0
	golang.org/x/text v0.43.0
	pgregory.net/rapid v1.3.0
)

require (
	github.com/clipperhouse/uax29/v2 v2.2.0 // indirect
	github.com/mattn/go-isatty v0.0.20 // indirect
	github.com/mattn/go-tty v0.0.7 // indirect
	github.com/nyaosorg/go-ttyadapter v0.3.0 // indirect
)
