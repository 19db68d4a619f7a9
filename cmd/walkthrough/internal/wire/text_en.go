package wire

var english = texts{
	help: `walkthrough nic puts the stack on a real cable.

It makes a pair of virtual Ethernet adapters. At one end is our stack, behind its raw-socket driver; at the other
the Linux kernel's own stack with a web server. First our stack asks by ARP who has 10.0.0.2, connects, fetches a
page with net/http's own client, and closes. Then the kernel's side fetches a page from an http.Server that listens
on our stack: with Go's client, and with curl where it is installed.

What you see: the ladder of the frames that passed, what our stack and the kernel each say about the connection
(the kernel by TCP_INFO and /proc/net/tcp), and whether it was closed in order. Some segments are larger than the
cable's 1500 bytes: super-frames, which the kernel hands over uncut.

It needs Linux and no root. It runs in namespaces of its own, which are gone when it ends; your machine's network
is not touched. Where the system forbids such namespaces, it says which setting does.
`,
	flagPath:    "`path` of the page to fetch",
	flagSize:    "size of the page in `bytes`; 0: a few lines",
	flagPcap:    "write what passed to this `file`, as pcapng",
	flagTshark:  "have tshark look for anything malformed in what passed",
	flagVerbose: "draw every frame, however many there are",
	flagTimeout: "give up after this `time`",

	badPath:    "-path %q: a path begins with / and has no spaces, ? or # in it",
	badSize:    "-size %d: a page can have from 0 to %d bytes",
	badTimeout: "-timeout %v: it must be more than 0",
	timedOut:   "not done after %v; -timeout gives it longer",
	ended:      "the part in its own namespaces ended before it was done",

	interrupted: "interrupted; nothing is left behind",

	notLinux: "the raw-socket driver needs Linux, and this is %s. In a Linux virtual machine, or in a container started " +
		"with --privileged, the command works as it stands. Everything else in the book runs here.",
	bySetting: "this system does not allow network namespaces: %[1]s is %[2]s.\nTo allow them until the next start: %[3]s",
	orRoot:    "Or run the command as root.",
	byLimit:   "no more namespaces can be made: the limits are %s; see them with \"sysctl user\". (%v)",
	byFilter: "a system call filter (seccomp) forbids network namespaces, as containers and sandboxes set one up.\n" +
		"Run the command outside of it; with Docker or Podman, start the container with --privileged. (%v)",
	byUnknown:    "this system refuses what the command needs: a user namespace and a network namespace of its own.\nRun it as root, or on another machine. (%v)",
	noNamespaces: "this kernel was built without user or network namespaces (CONFIG_USER_NS, CONFIG_NET_NS). (%v)",
	noModule:     "the kernel has no %[1]s here. To load it: sudo modprobe %[1]s (%[2]v)",

	headEnds:    "The two ends of the cable",
	endOurs:     "our stack",
	endKernel:   "the kernel",
	headDown:    "Our stack fetches a page from the kernel",
	headUp:      "The kernel fetches a page from our stack",
	arrived:     "%[1]s: %[2]s %[3]s, %[4]d bytes in %[5]v: %[6]q",
	curlArrived: "curl: the same page, %d bytes",
	curlMissing: "curl is not installed here, so only Go's client fetched.",
	changed:     "%[1]s did not fetch the page that was served: %[2]d bytes came, not %[3]d, or they differ",
	left:        "… %d lines are left out; -v draws them …",

	headBoth:   "The same connection, as either end sees it",
	headAsked:  "What the kernel said about it (TCP_INFO)",
	headLists:  "The sockets at either end",
	us:         "our stack",
	them:       "the kernel",
	rowOut:     "bytes to the kernel",
	rowIn:      "bytes to us",
	rowOptions: "agreed on by both SYNs",
	asOfClose:  "The kernel was asked for the last time just before its end was closed.",
	oneMore:    "One byte more is a SYN or a FIN: it takes a sequence number as a byte does, and the kernel counts it.",
	inOrder:    "Closed in order: a FIN each way, each acknowledged; %s closed first.",
	outOrder:   "Not closed in order: %v",
	weClosed:   "our stack",
	theyDid:    "the kernel",

	atAccept:  "accepted",
	atServed:  "page sent",
	atConnect: "connected",
	atFetched: "page arrived",
	atClose:   "closing",

	listBefore: "the kernel, before",
	listDuring: "the kernel, while connected",
	listAfter:  "the kernel, after",
	listNone:   "none",
	listOurs:   "our stack, after",

	captured:      "%[2]s: what passed, %[1]d frames. Wireshark opens it.",
	tsharkFine:    "tshark found nothing malformed in %d frames, and every checksum right.",
	tsharkFound:   "tshark found something wrong in %d frames:\n%s",
	tsharkMissing: "tshark is not installed here, so nothing was checked. (Debian, Ubuntu: sudo apt install tshark)",
}
