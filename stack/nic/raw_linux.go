//go:build !before11

package nic

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/tsunagu/tsunagu/stack/buffer"
)

// superFrame is the largest payload of a super-frame handed to the kernel: 44 full segments on Ethernet. Up to 65,481
// bytes go as fast, but one byte more, and the kernel copies such a frame into many small pieces of memory.
const superFrame = 44 * 1460

// defaultMemory is how much the kernel may keep of what has arrived and not been read, if the system's limit allows.
const defaultMemory = 4 << 20

var _ Driver = (*Raw)(nil)

// Raw drives a real adapter of a Linux machine through a packet socket (packet(7)): Send hands it whole Ethernet
// frames, Receive gets every frame that arrives for it, past the kernel's own protocol stack. The kernel does not know
// that somebody else answers here, so the stack needs an IP address that the machine does not have: for its own, the
// kernel would answer too, and a TCP segment that it knows no socket for it answers with RST.
//
// Before every frame stands a virtio_net_hdr. With it the kernel takes frames whose checksum is still to be written and
// super-frames still to be cut, and gives us such without cutting them first.
type Raw struct {
	info Info
	file *os.File // the socket, in the care of the runtime's poller
	conn syscall.RawConn
	pool buffer.Pool

	sending sync.Mutex // one Send at a time; guards out
	out     rawSend
	in      rawReceive
	write   func(fd uintptr) bool // r.writeReady, bound once: binding it allocates
	read    func(fd uintptr) bool // r.readReady
	closed  atomic.Bool
}

// rawSend is a Send in progress, and rawReceive a Receive.
type rawSend struct {
	frames []*buffer.Packet
	n      int
	err    error
	header [vnetLen]byte
}

type rawReceive struct {
	frames []*buffer.Packet
	n      int
	err    error
	spare  *buffer.Packet // taken from the pool and not filled yet
}

// OpenRaw opens the adapter that the system calls name. It needs CAP_NET_RAW in the network namespace of the calling
// thread, and the driver stays in that namespace.
func OpenRaw(name string, options RawOptions) (*Raw, error) {
	r, err := openRaw(name, options)
	if err != nil {
		return nil, fmt.Errorf("nic: open %s: %w", name, err)
	}
	return r, nil
}

func openRaw(name string, options RawOptions) (*Raw, error) {
	adapter, err := net.InterfaceByName(name)
	switch {
	case err != nil:
		return nil, err
	case len(adapter.HardwareAddr) != 6:
		return nil, errors.New("this is no Ethernet adapter: it has no MAC address")
	case adapter.Flags&net.FlagUp == 0:
		return nil, fmt.Errorf("the adapter is down: bring it up with \"ip link set %s up\"", name)
	}
	own := options.Address
	if own == nil {
		own = adapter.HardwareAddr
	}
	if len(own) != 6 || own[0]&1 != 0 {
		return nil, fmt.Errorf("%q cannot be the MAC address of one adapter", own)
	}

	// Protocol 0: nothing arrives before the socket is bound, from other adapters least of all.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if errors.Is(err, unix.EPERM) {
		return nil, fmt.Errorf("a packet socket needs the capability CAP_NET_RAW: %w", os.NewSyscallError("socket", err))
	}
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if err := setUpRaw(fd, adapter, own, options); err != nil {
		unix.Close(fd)
		return nil, err
	}

	r := &Raw{
		info: Info{Name: name, Address: slices.Clone(own), MTU: adapter.MTU, Checksum: true, SegmentMax: superFrame},
		file: os.NewFile(uintptr(fd), "packet socket on "+name), // non-blocking: it goes to the runtime's poller
		pool: buffer.Pool{Size: vnetLen + 18 + 65535 + 1},       // the largest frame; and one byte, to see that it was cut
	}
	r.write, r.read = r.writeReady, r.readReady
	if r.conn, err = r.file.SyscallConn(); err != nil {
		r.file.Close()
		return nil, err
	}
	return r, nil
}

// setUpRaw sets a new socket's options and binds it to the adapter.
func setUpRaw(fd int, adapter *net.Interface, own net.HardwareAddr, options RawOptions) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VNET_HDR, 1); err != nil {
		return os.NewSyscallError("setsockopt PACKET_VNET_HDR", err)
	}
	// Without this, what we send would come back to us as if it had arrived. Linux has it since 4.20.
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1); err != nil {
		return os.NewSyscallError("setsockopt PACKET_IGNORE_OUTGOING", err)
	}
	memory := options.Memory
	if memory == 0 {
		memory = defaultMemory
	}
	// Beyond the limit (net.core.rmem_max, wmem_max) only with CAP_NET_ADMIN in the machine's first namespace;
	// otherwise as far as the limit. Less memory is no failure: a frame that finds no room is lost, as on any cable.
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, memory) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, memory)
	}
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, memory) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, memory)
	}
	if !slices.Equal(own, adapter.HardwareAddr) {
		// The adapter passes frames for another address than its own only when it passes all. It stops with the socket.
		all := unix.PacketMreq{Ifindex: int32(adapter.Index), Type: unix.PACKET_MR_PROMISC}
		if err := unix.SetsockoptPacketMreq(fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &all); err != nil {
			return os.NewSyscallError("setsockopt PACKET_ADD_MEMBERSHIP", err)
		}
	}
	at := &unix.SockaddrLinklayer{Protocol: networkOrder(unix.ETH_P_ALL), Ifindex: adapter.Index}
	return os.NewSyscallError("bind", unix.Bind(fd, at))
}

// networkOrder returns the number whose bytes in memory are n's, big end first.
func networkOrder(n uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, n))
}

// Info says what the adapter can do: write checksums and cut super-frames, which the kernel does where the hardware
// does not.
func (r *Raw) Info() Info {
	info := r.info
	info.Address = slices.Clone(info.Address)
	return info
}

// Send puts frames on the cable. When the kernel's memory for what is under way is full it waits. While the adapter is
// down frames are lost, as on a cable that has been pulled out.
func (r *Raw) Send(frames []*buffer.Packet) (int, error) {
	r.sending.Lock()
	defer r.sending.Unlock()
	r.out.frames, r.out.n, r.out.err = frames, 0, nil
	err := r.conn.Write(r.write)
	r.out.frames = nil
	if err == nil {
		err = r.out.err
	}
	return r.out.n, r.explain("send", err)
}

// writeReady sends until all is sent; it returns false to be called again when the socket has room.
func (r *Raw) writeReady(fd uintptr) bool {
	for r.out.n < len(r.out.frames) {
		p := r.out.frames[r.out.n]
		putVnet(r.out.header[:], p.Offload)
		_, err := unix.Writev(int(fd), [][]byte{r.out.header[:], p.Bytes(), p.Body[0], p.Body[1]})
		switch err {
		case nil, unix.ENOBUFS, unix.ENETDOWN: // sent, or lost: the queue is full, the adapter is down
			r.out.n++
		case unix.EINTR:
		case unix.EAGAIN:
			return false
		case unix.EMSGSIZE:
			r.out.err = fmt.Errorf("a frame of %d bytes, and the MTU is %d: %w", p.Len(), r.info.MTU, err)
			return true
		default:
			r.out.err = os.NewSyscallError("writev", err)
			return true
		}
	}
	return true
}

// Receive waits until a frame for this adapter has arrived, and takes along what else is there. An adapter that goes
// down is waited for; one that is taken away is an error for which errors.Is(err, syscall.ENODEV) holds.
func (r *Raw) Receive(frames []*buffer.Packet) (int, error) {
	if len(frames) == 0 {
		return 0, nil
	}
	r.in.frames, r.in.n, r.in.err = frames, 0, nil
	err := r.conn.Read(r.read)
	r.in.frames = nil
	if err == nil {
		err = r.in.err
	}
	if r.in.n > 0 {
		return r.in.n, nil // an error that lasts comes back at the next call
	}
	return 0, r.explain("receive", err)
}

// readReady fills r.in.frames with what is there; it returns false to be called again when something has come.
func (r *Raw) readReady(fd uintptr) bool {
	for r.in.n < len(r.in.frames) {
		if r.in.spare == nil {
			r.in.spare = r.pool.Get()
		}
		p := r.in.spare
		n, err := unix.Read(int(fd), p.Room())
		switch {
		case err == nil && n == len(p.Room()): // longer than any IPv4 packet can be, and cut
		case err == nil && r.fill(p, n):
			r.in.frames[r.in.n], r.in.spare = p, nil
			r.in.n++
		case err == nil || err == unix.EINTR: // not for us
		case err == unix.EAGAIN:
			return r.in.n > 0
		case err == unix.ENETDOWN && attached(fd): // said once; the socket lives on and hears of it when it is up
		default:
			r.in.err = os.NewSyscallError("read", err)
			return true
		}
	}
	return true
}

// fill makes the n bytes that lie in the packet's room its content. It returns false, and leaves the packet empty, when
// they are no frame for this adapter: another program may have made it pass everything.
func (r *Raw) fill(p *buffer.Packet, n int) bool {
	if n < vnetLen+14 {
		return false
	}
	b := p.Room()[:n]
	if to := b[vnetLen : vnetLen+6]; to[0]&1 == 0 && !bytes.Equal(to, r.info.Address) {
		return false
	}
	p.Put(n)
	p.Offload = parseVnet(p.Pull(vnetLen))
	return true
}

// attached says whether the adapter that the socket is bound to is still there. When it is taken away, the kernel
// reports ENETDOWN as for one that goes down, and unbinds the socket.
func attached(fd uintptr) bool {
	at, err := unix.Getsockname(int(fd))
	link, ok := at.(*unix.SockaddrLinklayer)
	return err == nil && ok && link.Ifindex > 0
}

// explain turns what the kernel and the poller say into what the contract says.
func (r *Raw) explain(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case r.closed.Load():
		err = net.ErrClosed
	case errors.Is(err, unix.ENXIO), errors.Is(err, unix.ENETDOWN):
		err = fmt.Errorf("the adapter has been taken away: %w", unix.ENODEV)
	}
	return fmt.Errorf("nic: %s on %s: %w", what, r.info.Name, err)
}

// Close closes the socket, and with that ends a Send or Receive that waits.
func (r *Raw) Close() error {
	if r.closed.Swap(true) {
		return nil
	}
	return r.file.Close()
}
