package transport

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/internal/tempfile"
	"github.com/skubridge/skubridge/internal/ziplist"
)

// maxEntries is how many files an archive may hold.
const maxEntries = 10_000

// archived reports whether the beginning of a file is that of a zip archive, and not of a
// workbook, unless the name says archive.
func archived(name string, start []byte) bool {
	empty := bytes.HasPrefix(start, []byte("PK\x05\x06"))
	if !empty && !bytes.HasPrefix(start, []byte("PK\x03\x04")) {
		return false
	}
	return empty || strings.EqualFold(path.Ext(name), ".zip") || !office(start)
}

// office reports whether the first file of a zip archive is one of an office document
// (ECMA-376 part 2, OpenDocument part 2).
func office(start []byte) bool {
	const fixed = 30 // bytes of a local header before the name (APPNOTE, 4.3.7)
	if len(start) < fixed {
		return false
	}
	length := int(binary.LittleEndian.Uint16(start[26:28]))
	first := string(start[fixed:min(fixed+length, len(start))])
	if first == "[Content_Types].xml" || first == "mimetype" {
		return true
	}
	return slices.ContainsFunc([]string{"_rels/", "docProps/", "xl/", "customXml/"}, func(folder string) bool {
		return strings.HasPrefix(first, folder)
	})
}

// archive yields the files of a zip archive. Which files it has stands at its end: one
// that cannot be read at any place is put aside first.
func (u Unpacking) archive(name string, f File, head io.Reader) iter.Seq2[Plain, error] {
	return func(yield func(Plain, error) bool) {
		at, size, closing, err := u.seekable(name, f, head)
		defer closing()
		if err != nil {
			yield(Plain{}, err)
			return
		}
		z, err := ziplist.Open(at, size)
		if err != nil {
			yield(Plain{}, archiveFault(name, err))
			return
		}
		z.RegisterDecompressor(zstd.ZipMethodWinZip, zstd.ZipDecompressor(zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderConcurrency(1)))
		files, err := u.chosen(name, z.File)
		if err != nil {
			yield(Plain{}, err)
			return
		}
		left := u.MaxSize
		for _, file := range files {
			goOn, err := u.entry(name, file, &left, yield)
			if err != nil {
				yield(Plain{}, err)
			}
			if err != nil || !goOn {
				return
			}
		}
	}
}

// entry yields one file of an archive.
func (u Unpacking) entry(name string, file *zip.File, left *int64, yield func(Plain, error) bool) (bool, error) {
	whole := name + ": " + file.Name
	r, err := file.Open()
	if err != nil {
		return false, archiveFault(whole, err)
	}
	defer r.Close()
	limit := &bounded{&unpacked{r: r, name: whole, kind: "zip"}, name, *left, u.MaxSize}
	goOn := yield(Plain{Reader: limit, Name: file.Name, Packed: true}, nil)
	*left = limit.left
	return goOn, nil
}

// chosen gives the files of an archive that are read, in natural order of their names.
func (u Unpacking) chosen(name string, all []*zip.File) ([]*zip.File, error) {
	held, err := held(name, all)
	if err != nil {
		return nil, err
	}
	var files []*zip.File
	names := make([]string, 0, len(held))
	for _, f := range held {
		names = append(names, f.Name)
		if u.Entries == "" || matches(u.Entries, f.Name) {
			files = append(files, f)
		}
	}
	switch {
	case len(files) == 0:
		return nil, archiveRefused(name, "no file of the archive matches "+u.Entries, Nearby(u.Entries, names, "correct entries"))
	case u.Entries == "" && len(files) > 1:
		return nil, archiveRefused(name, fmt.Sprintf("the archive holds %d files: %s", len(files), some(names)),
			`say which are read, as with entries: "*.csv"; several are read as one set`)
	}
	for _, f := range files {
		if f.Flags&1 != 0 {
			return nil, archiveRefused(name, fmt.Sprintf("file %q of the archive is encrypted", f.Name), "pack it without a password")
		}
	}
	return files, nil
}

// held gives the files of an archive, one at least, in natural order of their names,
// without folders and what systems put there.
func held(name string, all []*zip.File) ([]*zip.File, error) {
	if len(all) > maxEntries {
		return nil, archiveRefused(name, fmt.Sprintf("the archive has %d files, more than %d", len(all), maxEntries), "check whether it is what it should be")
	}
	var files []*zip.File
	seen := map[string]bool{}
	for _, f := range all {
		switch {
		case escapes(f.Name):
			return nil, archiveRefused(name, fmt.Sprintf("refused: the archive names a file %q, which leads out of it", f.Name), "see who makes the archive: no honest tool writes that")
		case f.FileInfo().IsDir() || rubbish(f.Name):
			continue
		case seen[f.Name]:
			return nil, archiveRefused(name, fmt.Sprintf("the archive has two files %q", f.Name), "pack it again")
		case !f.Mode().IsRegular():
			continue // a link: what it leads to is not in the archive, or read by its own name
		}
		seen[f.Name] = true
		files = append(files, f)
	}
	if len(files) == 0 {
		return nil, archiveRefused(name, "the archive holds no file", "check whether the export went wrong")
	}
	slices.SortFunc(files, func(a, b *zip.File) int { return Natural(a.Name, b.Name) })
	return files, nil
}

func archiveRefused(name, reason, remedy string) error {
	return &connectors.IncompleteError{Source: name, Reason: reason, Remedy: remedy}
}

// matches reports whether a file of an archive is meant: by its whole path, or by its name
// where the pattern names no folder.
func matches(pattern, name string) bool {
	if !strings.Contains(pattern, "/") {
		name = path.Base(name)
	}
	ok, _ := path.Match(pattern, name)
	return ok
}

// escapes reports whether a name within an archive leads out of a folder that it would be
// unpacked into.
func escapes(name string) bool {
	slashed := strings.ReplaceAll(name, `\`, "/")
	return path.IsAbs(slashed) || len(slashed) > 1 && slashed[1] == ':' || slices.Contains(strings.Split(slashed, "/"), "..")
}

// rubbish is what systems add to archives by themselves.
func rubbish(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(name, "__MACOSX/") || base == ".DS_Store" || base == "Thumbs.db"
}

// some lists the first of many names.
func some(names []string) string {
	list := strings.Join(names[:min(len(names), shown)], ", ")
	if len(names) > shown {
		list += fmt.Sprintf(" and %d more", len(names)-shown)
	}
	return list
}

// seekable gives a file that can be read at any place. Where f is none its bytes are put
// aside, up to as many as an archive may have.
func (u Unpacking) seekable(name string, f File, head io.Reader) (at io.ReaderAt, size int64, closing func(), err error) {
	closing = func() {}
	if at, ok := f.(io.ReaderAt); ok {
		// Its length is where its bytes end.
		if s, ok := f.(io.Seeker); ok {
			size, err = s.Seek(0, io.SeekEnd)
		} else {
			size, err = io.Copy(io.Discard, head)
		}
		return at, size, closing, err
	}
	aside, err := tempfile.New(u.TempDir)
	if err != nil {
		return nil, 0, closing, fmt.Errorf("put %s aside: %w", name, err)
	}
	closing = func() { tempfile.Discard(aside) }
	size, err = io.Copy(aside, io.LimitReader(head, u.MaxSize+1))
	switch {
	case err != nil:
		if _, ok := errors.AsType[*os.PathError](err); ok {
			err = fmt.Errorf("put %s aside: %w", name, err)
		}
		return nil, 0, closing, err
	case size > u.MaxSize:
		return nil, 0, closing, tooLarge(name, u.MaxSize)
	}
	return aside, size, closing, nil
}

// archiveFault says what is wrong with an archive.
func archiveFault(name string, err error) error {
	e := &connectors.IncompleteError{Source: name, Reason: "the zip data is damaged", Err: err, Remedy: "fetch the file again, or pack it again"}
	switch {
	case errors.Is(err, ziplist.ErrLong):
		e.Reason, e.Err, e.Remedy = err.Error(), nil, "check whether it is what it should be"
	case errors.Is(err, zip.ErrFormat):
		e.Reason, e.Err = "the zip archive has no end: the file is cut", nil
	case errors.Is(err, zip.ErrAlgorithm):
		e.Reason, e.Err, e.Remedy = "the zip archive is packed in a way that is not known", nil, "pack it with deflate or zstd"
	}
	return e
}
