package show

// The state diagram of RFC 9293, 3.3.2, figure 5, laid out on a page of characters. CLOSED is there twice, as in the
// figure: where a connection begins, and where it ends.

// statePlace is a state's box: the column and line of its upper left corner.
type statePlace struct {
	name string
	x, y int
}

const (
	boxWidth, boxHeight = 16, 3
	endState            = "CLOSED " // the CLOSED at the end; the space tells it from the one at the beginning
)

var statePlaces = [...]statePlace{
	{"CLOSED", 24, 0},
	{"LISTEN", 24, 5},
	{"SYN-RECEIVED", 0, 10}, {"SYN-SENT", 48, 10},
	{"ESTABLISHED", 24, 15},
	{"FIN-WAIT-1", 0, 20}, {"CLOSING", 24, 20}, {"CLOSE-WAIT", 48, 20},
	{"FIN-WAIT-2", 0, 25}, {"TIME-WAIT", 24, 25}, {"LAST-ACK", 48, 25},
	{endState, 24, 30},
}

// stateEdge is a way from one state to another: what makes a connection take it, what it then sends, and the corners of
// the line, the first beside the one box, or on its lower edge, and the last beside the other.
type stateEdge struct {
	from, to string
	cause    string
	line     [][2]int
}

var stateEdges = [...]stateEdge{
	{"CLOSED", "LISTEN", "passive OPEN", [][2]int{{32, 3}, {32, 4}}},
	{"CLOSED", "SYN-SENT", "active OPEN / snd SYN", [][2]int{{40, 1}, {59, 1}, {59, 9}}},
	{"LISTEN", "SYN-RECEIVED", "rcv SYN / snd SYN,ACK", [][2]int{{23, 6}, {8, 6}, {8, 9}}},
	{"LISTEN", "SYN-SENT", "SEND / snd SYN", [][2]int{{40, 6}, {53, 6}, {53, 9}}},
	{"LISTEN", "CLOSED", "CLOSE", [][2]int{{36, 4}, {36, 3}}},
	{"SYN-SENT", "SYN-RECEIVED", "rcv SYN / snd SYN,ACK", [][2]int{{47, 11}, {16, 11}}},
	{"SYN-SENT", "CLOSED", "CLOSE", [][2]int{{62, 9}, {62, 0}, {40, 0}}},
	{"SYN-RECEIVED", "ESTABLISHED", "rcv ACK of SYN", [][2]int{{12, 13}, {12, 16}, {23, 16}}},
	{"SYN-RECEIVED", "FIN-WAIT-1", "CLOSE / snd FIN", [][2]int{{4, 13}, {4, 19}}},
	{"SYN-SENT", "ESTABLISHED", "rcv SYN,ACK / snd ACK", [][2]int{{56, 13}, {56, 16}, {40, 16}}},
	{"ESTABLISHED", "FIN-WAIT-1", "CLOSE / snd FIN", [][2]int{{28, 17}, {28, 18}, {12, 18}, {12, 19}}},
	{"ESTABLISHED", "CLOSE-WAIT", "rcv FIN / snd ACK", [][2]int{{36, 17}, {36, 18}, {56, 18}, {56, 19}}},
	{"FIN-WAIT-1", "FIN-WAIT-2", "rcv ACK of FIN", [][2]int{{8, 23}, {8, 24}}},
	{"FIN-WAIT-1", "CLOSING", "rcv FIN / snd ACK", [][2]int{{16, 21}, {23, 21}}},
	{"CLOSE-WAIT", "LAST-ACK", "CLOSE / snd FIN", [][2]int{{56, 23}, {56, 24}}},
	{"FIN-WAIT-2", "TIME-WAIT", "rcv FIN / snd ACK", [][2]int{{16, 26}, {23, 26}}},
	{"CLOSING", "TIME-WAIT", "rcv ACK of FIN", [][2]int{{32, 23}, {32, 24}}},
	{"TIME-WAIT", endState, "timeout after 2 MSL", [][2]int{{32, 28}, {32, 29}}},
	{"LAST-ACK", endState, "rcv ACK of FIN", [][2]int{{56, 28}, {56, 31}, {40, 31}}},
}
