package body

import (
	"archive/zip"
	"cmp"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"credithub/schema/fault"
)

// pack is the package of a workbook: its parts, as its relations name them.
type pack struct {
	files    map[string]*zip.File // by folded name
	sheets   []part
	strings  *part
	styles   *part
	date1904 bool
}

// part is one part of a package.
type part struct {
	merged []span
	file   *zip.File
	title  string // of a sheet
	hidden bool
}

func (p *part) open() (io.ReadCloser, error) { return p.file.Open() }

func (p *part) read(f func(io.Reader) error) error {
	r, err := p.open()
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	return f(r)
}

// fold is the name of an entry without what writers make of it: a slash at its
// head, backslashes, capitals.
func fold(name string) string {
	return strings.ToLower(strings.TrimLeft(strings.ReplaceAll(name, `\`, "/"), "/"))
}

// openPackage bounds a package before it is read, and finds its parts. Sheets are
// read through once, so that one that is damaged is refused before any row counts.
func openPackage(z *zip.Reader, lim Limits) (*pack, error) {
	if len(z.File) > lim.ZipEntries {
		return nil, fault.New(fault.TooLarge, "the workbook has %d parts, at most %d are read", len(z.File), lim.ZipEntries)
	}
	p := &pack{files: make(map[string]*zip.File, len(z.File))}
	for _, f := range z.File {
		name := fold(f.Name)
		if p.files[name] != nil && !strings.HasSuffix(name, "/") {
			return nil, damaged(errors.New("two parts of one name"))
		}
		p.files[name] = f
	}
	main := p.main()
	if main == nil {
		return nil, otherPackage(z)
	}
	if err := p.bound(z, lim); err != nil {
		return nil, err
	}
	if err := p.workbook(main); err != nil {
		return nil, damaged(err)
	}
	if err := p.rest(z, lim); err != nil {
		return nil, err
	}
	return p, p.count(lim)
}

// bound holds the size of every entry against the limits.
func (p *pack) bound(z *zip.Reader, lim Limits) error {
	var total uint64
	for _, f := range z.File {
		n := f.UncompressedSize64
		total += n
		if n > 1<<20 && n/uint64(lim.ZipRatio) > f.CompressedSize64 {
			return fault.New(fault.TooLarge, "a part of the workbook is packed more than %d times: save the rows that have data only", lim.ZipRatio)
		}
		if total > uint64(lim.ZipBytes) || n > 1<<40 {
			return fault.New(fault.TooLarge, "the workbook is larger than %d bytes unpacked: send it in parts or as CSV", lim.ZipBytes)
		}
	}
	return nil
}

// rest bounds what is neither a sheet nor strings.
func (p *pack) rest(z *zip.Reader, lim Limits) error {
	var parts uint64
	for _, f := range z.File {
		if !p.streams(f) {
			parts += f.UncompressedSize64
		}
	}
	if parts > uint64(lim.PartBytes) {
		return fault.New(fault.TooLarge, "pictures, styles and other parts of the workbook take more than %d bytes: save the cells only", lim.PartBytes)
	}
	return nil
}

func (p *pack) streams(f *zip.File) bool {
	if p.strings != nil && p.strings.file == f {
		return true
	}
	for i := range p.sheets {
		if p.sheets[i].file == f {
			return true
		}
	}
	return false
}

// relation is a link from one part to another.
type relation struct{ id, kind, target string }

// relations reads the links of a part.
func (p *pack) relations(of string) (all []relation) {
	dir, base := path.Split(of)
	f := p.files[fold(dir+"_rels/"+base+".rels")]
	if f == nil {
		return nil
	}
	_ = (&part{file: f}).read(func(r io.Reader) error {
		s := newXMLScanner(io.LimitReader(r, 4<<20))
		for {
			token, err := s.next()
			if err != nil || token == xmlEOF {
				return err
			}
			if token == xmlStart && string(s.name) == "Relationship" && string(s.attr("TargetMode")) != "External" {
				target, _ := appendXML(nil, s.attr("Target"))
				t := strings.ReplaceAll(string(target), `\`, "/")
				if !strings.HasPrefix(t, "/") {
					t = path.Join("/", dir, t)
				}
				kind := string(s.attr("Type"))
				all = append(all, relation{string(s.attr("Id")), kind[strings.LastIndexByte(kind, '/')+1:], fold(t)})
			}
		}
	})
	return all
}

// main is the workbook itself.
func (p *pack) main() *zip.File {
	for _, r := range p.relations("") {
		if f := p.files[r.target]; r.kind == "officeDocument" && f != nil && strings.HasSuffix(r.target, ".xml") && !strings.HasPrefix(r.target, "word/") && !strings.HasPrefix(r.target, "ppt/") {
			return f
		}
	}
	return p.files["xl/workbook.xml"]
}

// workbook reads which sheets there are, in order, and where.
func (p *pack) workbook(main *zip.File) error {
	rels := p.relations(fold(main.Name))
	target := func(kind, id string) *zip.File {
		for _, r := range rels {
			if (id == "" || r.id == id) && (kind == "" || r.kind == kind) {
				return p.files[r.target]
			}
		}
		return nil
	}
	if f := target("sharedStrings", ""); f != nil {
		p.strings = &part{file: f}
	} else if f := p.files["xl/sharedstrings.xml"]; f != nil {
		p.strings = &part{file: f}
	}
	if f := target("styles", ""); f != nil {
		p.styles = &part{file: f}
	} else if f := p.files["xl/styles.xml"]; f != nil {
		p.styles = &part{file: f}
	}
	return (&part{file: main}).read(func(r io.Reader) error {
		s := newXMLScanner(r)
		for {
			token, err := s.next()
			if err != nil || token == xmlEOF {
				return err
			}
			switch {
			case token != xmlStart:
			case string(s.name) == "workbookPr":
				p.date1904 = isTrue(s.attr("date1904"))
			case string(s.name) == "sheet" && len(p.sheets) <= maxSheets:
				if err := p.sheet(s, rels); err != nil {
					return err
				}
			}
		}
	})
}

// sheet adds the sheet that has just started; charts and macros have no rows.
func (p *pack) sheet(s *xmlScanner, rels []relation) error {
	title, err := appendXML(nil, s.attr("name"))
	if err != nil {
		return err
	}
	id, state := relationID(s), string(s.attr("state"))
	for _, r := range rels {
		if r.id != id {
			continue
		}
		f := p.files[r.target]
		switch {
		case r.kind != "worksheet":
			return nil
		case f == nil:
			return errors.New("a sheet is missing")
		}
		p.sheets = append(p.sheets, part{file: f, title: string(title), hidden: state == "hidden" || state == "veryHidden"})
		return nil
	}
	return errors.New("a sheet has no part")
}

// relationID is the attribute id of the namespace of relations, whatever its prefix;
// sheetId is another.
func relationID(s *xmlScanner) string { return string(s.attr("id")) }

// count reads every sheet through and bounds its rows and cells.
func (p *pack) count(lim Limits) error {
	rows, cells := 0, 0
	for i := range p.sheets {
		err := p.sheets[i].read(func(r io.Reader) error {
			more, wide, err := countRows(newXMLScanner(r), &p.sheets[i].merged)
			rows, cells = rows+more, cells+wide
			return err
		})
		slices.SortStableFunc(p.sheets[i].merged, func(a, b span) int { return cmp.Compare(a.row, b.row) })
		switch {
		case err != nil:
			return damaged(err)
		case rows > lim.Rows+lim.HeaderRows:
			return tooManyRows(rows, lim.Rows)
		case cells > lim.Cells:
			return fault.New(fault.TooLarge, "the rows of the workbook reach too far to the right, over more than %d cells: save the columns that have data only", lim.Cells)
		}
	}
	return nil
}

// countRows checks that a sheet is well-formed and counts its rows, and the cells
// from the first column to the last of each.
func countRows(s *xmlScanner, merged *[]span) (rows, cells int, err error) {
	last := 0 // column in the row at hand
	var text []byte
	for {
		token, err := s.next()
		if err == nil && token == xmlText {
			text, err = s.appendText(text[:0])
		}
		if err != nil {
			return 0, 0, err
		}
		switch {
		case token == xmlEOF:
			return rows, cells + last, nil
		case token != xmlStart:
		case string(s.name) == "row":
			rows++
			cells, last = cells+last, 0
		case string(s.name) == "mergeCell":
			if m, ok := spanOf(s.attr("ref")); ok && len(*merged) < maxSpans {
				*merged = append(*merged, m)
			}
		case string(s.name) == "c":
			last = max(last+1, columnNumber(s.attr("r")))
		}
	}
}
