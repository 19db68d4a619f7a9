// Package book reads the chapters, and writes what is recorded in them.
//
// A chapter is a folder chapters/NN-name with a page in each language: en.md, ja.md and ko.md. How a page is written is
// told to writers in notes/how-pages-work.md; this package is that text's other half:
//
//   - [Load] reads pages into [Block]s, and compares the skeletons of the three. Everything wrong is a [Problem] with
//     file and line.
//   - [Chapter.Rows] gives the chapter block by block in all languages, for faces that set two side by side.
//   - [Page.Render] puts the outputs of a run, and excerpts ([Excerpt]), into a page; [Chapter.Weave] makes the bilingual
//     pages.
//   - [Chapter.Changed] finds paragraphs that were changed in one language only.
//   - [Statements] and [Glossary] read the notes folder.
//
// Nothing here runs a cell.
package book
