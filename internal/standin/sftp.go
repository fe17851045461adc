package standin

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// SFTP serves a folder by SFTP. The user may come in with a password or a key.
type SFTP struct {
	// Dir is the folder, which is the root for whoever logs in.
	Dir string
	// Addr is where it listens, as host:port.
	Addr string
	// HostKey is the server's public key.
	HostKey ssh.PublicKey
	// List, if set, answers what is asked of folders and files before the folder does; nil and
	// nil leave it to the folder.
	List func(r *sftp.Request) (sftp.ListerAt, error)
	// Read, if set, answers what is asked of an open file.
	Read io.ReaderAt
	// Refuses says that whoever is let in may not use SFTP.
	Refuses atomic.Bool
	// User, Password and Key let in; Key is a private key as PEM.
	User, Password, Key string
}

// NewSFTP starts a server of a new folder, which ends with the test.
func NewSFTP(tb testing.TB) *SFTP {
	tb.Helper()
	host, _ := newKey(tb)
	mine, text := newKey(tb)
	s := &SFTP{
		Dir: tb.TempDir(), HostKey: host.PublicKey(), User: "erp", Password: "correct horse", Key: text,
	}
	config := &ssh.ServerConfig{
		PasswordCallback: func(c ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			if c.User() != s.User || string(password) != s.Password {
				return nil, errors.New("no")
			}
			return nil, nil
		},
		PublicKeyCallback: func(c ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if c.User() != s.User || string(key.Marshal()) != string(mine.PublicKey().Marshal()) {
				return nil, errors.New("no")
			}
			return nil, nil
		},
	}
	config.AddHostKey(host)
	l := listen(tb)
	s.Addr = l.Addr().String()
	var ends sync.WaitGroup
	var mu sync.Mutex
	open := map[net.Conn]bool{}
	ends.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open[conn] = true
			mu.Unlock()
			ends.Go(func() {
				s.serve(conn, config)
				mu.Lock()
				delete(open, conn)
				mu.Unlock()
			})
		}
	})
	tb.Cleanup(func() {
		l.Close()
		mu.Lock()
		for conn := range open {
			conn.Close()
		}
		mu.Unlock()
		ends.Wait()
	})
	return s
}

// newKey makes a key, and gives it as PEM too.
func newKey(tb testing.TB) (ssh.Signer, string) {
	tb.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		tb.Fatal(err)
	}
	return signer, string(pem.EncodeToMemory(block))
}

func (s *SFTP) serve(conn net.Conn, config *ssh.ServerConfig) {
	defer conn.Close()
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	var ends sync.WaitGroup
	defer ends.Wait()
	for wanted := range channels {
		if wanted.ChannelType() != "session" {
			wanted.Reject(ssh.UnknownChannelType, "no") //nolint:errcheck // the other side is gone then
			continue
		}
		channel, asked, err := wanted.Accept()
		if err != nil {
			return
		}
		ends.Go(func() {
			for r := range asked {
				known := r.Type == "subsystem" && string(r.Payload[4:]) == "sftp" && !s.Refuses.Load()
				r.Reply(known, nil) //nolint:errcheck // the other side is gone then
			}
		})
		ends.Go(func() {
			defer channel.Close()
			folder := folder(s.Dir)
			server := sftp.NewRequestServer(channel, sftp.Handlers{FileGet: getter{folder, s}, FilePut: folder, FileCmd: folder, FileList: lister{folder, s}})
			_ = server.Serve() // it ends when the other side goes
		})
	}
}

// folder answers requests with what is in a folder. A file without any permission may be
// read by nobody.
type folder string

func (d folder) at(p string) string { return filepath.Join(string(d), filepath.FromSlash(p)) }

// Fileread implements sftp.FileReader.
func (d folder) Fileread(r *sftp.Request) (io.ReaderAt, error) {
	info, err := os.Stat(d.at(r.Filepath))
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm() == 0 {
		return nil, os.ErrPermission
	}
	return os.Open(d.at(r.Filepath))
}

// Filewrite implements sftp.FileWriter: nobody may write.
func (folder) Filewrite(*sftp.Request) (io.WriterAt, error) { return nil, os.ErrPermission }

// Filecmd implements sftp.FileCmder. As with OpenSSH, renaming never puts a file in the
// place of another.
func (d folder) Filecmd(r *sftp.Request) error {
	switch r.Method {
	case "Rename":
		if _, err := os.Lstat(d.at(r.Target)); err == nil {
			return sftp.ErrSSHFxFailure
		}
		return os.Rename(d.at(r.Filepath), d.at(r.Target))
	case "Mkdir":
		return os.Mkdir(d.at(r.Filepath), 0o755)
	}
	return sftp.ErrSSHFxOpUnsupported
}

// Filelist implements sftp.FileLister.
func (d folder) Filelist(r *sftp.Request) (sftp.ListerAt, error) {
	path := d.at(r.Filepath)
	if r.Method != "List" {
		info, err := os.Stat(path)
		return infos{info}, err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var all infos
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			all = append(all, info)
		}
	}
	return all, nil
}

// getter opens files.
type getter struct {
	folder
	server *SFTP
}

// Fileread implements sftp.FileReader.
func (g getter) Fileread(r *sftp.Request) (io.ReaderAt, error) {
	if g.server.Read != nil {
		return g.server.Read, nil
	}
	return g.folder.Fileread(r)
}

// lister answers what is asked of folders and files.
type lister struct {
	folder
	server *SFTP
}

// Filelist implements sftp.FileLister.
func (l lister) Filelist(r *sftp.Request) (sftp.ListerAt, error) {
	if l.server.List != nil {
		if list, err := l.server.List(r); list != nil || err != nil {
			return list, err
		}
	}
	return l.folder.Filelist(r)
}

// infos are what a request for a list is answered with.
type infos []os.FileInfo

// ListAt implements sftp.ListerAt.
func (l infos) ListAt(into []os.FileInfo, offset int64) (int, error) {
	if offset >= int64(len(l)) {
		return 0, io.EOF
	}
	n := copy(into, l[offset:])
	if n < len(into) {
		return n, io.EOF
	}
	return n, nil
}
