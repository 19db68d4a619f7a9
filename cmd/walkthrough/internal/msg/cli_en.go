package msg

var englishCommandLine = map[Key]string{
	CLIUsage:          "Usage:",
	CLICommands:       "Commands:",
	CLIMore:           "“%s help COMMAND” tells more about a command, with examples.",
	CLIUnknownCommand: "there is no command “%s”",
	CLIUnknownFlag:    "wrong option: %v",
	CLIFlags:          "Options:",
	CLIExamples:       "Examples:",
	CLISeeHelp:        "“%s” tells how it is used.",
	CLIArguments:      "too many arguments: %s",
	CLINeedChapter:    "which chapter? Give its number or its name.",
	CLIFailedCells:    "%d of the chapter's cells failed",

	CLINeedFolder: "into which folder? Name one that does not exist yet.",
	CLINoSource:   "the project's source was not found: go to a clone of the project first",
	CLICheckedOut: "The stack of chapter %d is in %s. To try it: cd there, then go test ./...",
	CLIChapters:   "chapters %s",
	CLINeedCell:   "which cell? Give its name, as it stands behind cell name= in the page.",

	FlagLang:     "read in this language, en, ja or ko, or in two of them side by side: en,ja",
	FlagFresh:    "begin at chapter 0, wherever you were",
	FlagFinished: "run on the finished stack, not on that of the chapter",
	FlagWidth:    "how wide the terminal is, in columns",

	OneInteractive: "read, and run the cells as you go",
	OneRun:         "print a chapter with what its cells yield now",
	OneChapters:    "list the chapters",
	OneNic:         "let the stack fetch a page from this machine's kernel, over a raw socket",
	OneCheckout:    "write the stack as it is at the end of a chapter into a folder",
	OneDiff:        "show what a chapter adds to the stack",
	OnePicture:     "draw a page as a terminal shows it",
	OneRecord:      "for writers: run the cells and write what they yield into the pages",
	OneVerify:      "for writers: check that the pages show what the cells yield",
	OneCoverage:    "for writers: show which cell shows which statement",
	OneVersion:     "show the version",
	OneHelp:        "tell about a command",

	TextInteractive: `Opens the book where you left it, the first time at chapter 0, in the language of your system. Enter runs the
next cell; at the prompt you can type any Go; :help lists what else there is. Where input or output is no
terminal it works line by line, an empty line standing for Enter.`,
	TextRun: `Prints a chapter from its first word to its last. Its cells run in a session of their own, and what they yield
stands behind each. Errors of cells go to standard error too, and the exit status is 1 if a cell failed that
was not meant to.`,
	TextChapters: `Lists the chapters with their numbers, their names and the number of their cells.`,
	TextCheckout: `Writes the stack as it is at the end of chapter N, with its tests, into a folder that does not exist yet: a
module of its own, in which “go test ./...” works.`,
	TextDiff: `Shows as a unified diff what chapter N adds to the stack, and which stand-in it takes away.`,
	TextPicture: `Runs a chapter up to the named cell, and writes to standard output an SVG of what a terminal shows there: the prose
before the cell, the cell, and what it yields.`,
	TextRecord: `Runs all cells of the chapters named, or of all chapters, and writes outputs, pictures and excerpts of the
source into the pages of all three languages, then weaves the bilingual pages.`,
	TextVerify: `Runs the cells of the chapters named, or of all chapters, twice: interpreted, and compiled as one program. Fails,
with a diff, where a page shows something else, where the languages are out of step, or where a statement has no cell.`,
	TextCoverage: `Lists each statement the book is to show, with the sentence and the output of the cells that show it, for a
person to judge.`,
	TextVersion: `Shows the version of the program, of Go, and of the chapters it holds.`,
	TextHelp:    `Tells what a command does and how it is used.`,
}
