// A closed-loop load generator: what benchmarks/generator.py does, at a third of its CPU. It gets a `Load`, with its requests
// as they are sent, as JSON on standard input, and prints an `Outcome` as JSON. One thread, one epoll; Linux.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"
	"unsafe"
)

const timeout = 30 * time.Second // without any response

type load struct {
	Port     int         `json:"port"`
	Prepared [][2]string `json:"prepared"` // what comes before and after the number of a request
	Clients  int         `json:"clients"`
	Expect   int         `json:"expect"`
	WarmUp   float64     `json:"warm_up"`
	Seconds  float64     `json:"seconds"`
	Requests *int        `json:"requests"`
}

type outcome struct {
	Answered   int            `json:"answered"`
	Seconds    float64        `json:"seconds"`
	P50        float64        `json:"p50_ms"`
	P95        float64        `json:"p95_ms"`
	P99        float64        `json:"p99_ms"`
	CPU        float64        `json:"cpu"`
	Responses  int            `json:"responses"`
	LastAt     float64        `json:"last_at"`
	Unexpected map[string]int `json:"unexpected"`
	Sample     string         `json:"sample"`
}

type client struct {
	socket   int
	inFlight bool
	sentAt   time.Time
	received []byte
}

type generator struct {
	clients    map[int32]*client // by socket
	epoll      int
	next       func() []byte
	left       int
	inFlight   int
	expected   []byte
	latencies  []time.Duration
	unexpected map[string]int
	sample     string
	responses  int
	lastAt     time.Time
	buffer     []byte
}

func newGenerator(l load) (*generator, error) {
	epoll, err := syscall.EpollCreate1(0)
	if err != nil {
		return nil, err
	}
	g := &generator{
		clients:    map[int32]*client{},
		epoll:      epoll,
		next:       requests(l.Prepared),
		left:       math.MaxInt,
		expected:   fmt.Appendf(nil, " %d ", l.Expect),
		latencies:  make([]time.Duration, 0, 1<<20),
		unexpected: map[string]int{},
		buffer:     make([]byte, 1<<18),
	}
	if l.Requests != nil {
		g.left = *l.Requests
	}
	for range l.Clients {
		socket, err := connect(l.Port)
		if err != nil {
			return nil, err
		}
		event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(socket)}
		if err := syscall.EpollCtl(epoll, syscall.EPOLL_CTL_ADD, socket, &event); err != nil {
			return nil, err
		}
		g.clients[int32(socket)] = &client{socket: socket}
	}
	return g, nil
}

func (g *generator) run(l load) (outcome, error) {
	warm := time.Now().Add(seconds(l.WarmUp))
	if err := g.exchange(warm); err != nil {
		return outcome{}, err
	}
	g.latencies = g.latencies[:0]
	cpu, since := cpuTime(), time.Now()
	if err := g.exchange(warm.Add(seconds(l.Seconds))); err != nil {
		return outcome{}, err
	}
	elapsed := time.Since(since)
	used := cpuTime() - cpu
	counted := slices.Clone(g.latencies)
	g.left = 0 // waits for responses to requests in flight, which are not counted
	if err := g.exchange(time.Now().Add(365 * 24 * time.Hour)); err != nil {
		return outcome{}, err
	}
	slices.Sort(counted)
	return outcome{
		Answered:   len(counted),
		Seconds:    elapsed.Seconds(),
		P50:        percentile(counted, 0.50),
		P95:        percentile(counted, 0.95),
		P99:        percentile(counted, 0.99),
		CPU:        used.Seconds() / elapsed.Seconds(),
		Responses:  g.responses,
		LastAt:     float64(g.lastAt.UnixNano()) / 1e9,
		Unexpected: g.unexpected,
		Sample:     g.sample,
	}, nil
}

// exchange posts and receives until this time, or until all requests have a response; it leaves requests in flight.
func (g *generator) exchange(until time.Time) error {
	for _, c := range g.clients {
		if !c.inFlight {
			if err := g.post(c); err != nil {
				return err
			}
		}
	}
	events := make([]syscall.EpollEvent, len(g.clients))
	for now := time.Now(); g.inFlight > 0 && now.Before(until); {
		ready, err := epollWait(g.epoll, events)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		if ready == 0 {
			return fmt.Errorf("no response within %v", timeout)
		}
		for _, event := range events[:ready] {
			c := g.clients[event.Fd]
			whole, err := g.receive(c)
			if err != nil {
				return err
			}
			if !whole {
				continue
			}
			now = time.Now()
			g.note(c, now)
			if err := g.post(c); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *generator) post(c *client) error {
	if g.left <= 0 {
		return nil
	}
	g.left--
	g.inFlight++
	c.inFlight = true
	c.sentAt = time.Now()
	for request := g.next(); len(request) > 0; {
		written, err := syscall.Write(c.socket, request)
		if err != nil && err != syscall.EINTR {
			return err
		}
		request = request[max(written, 0):]
	}
	return nil
}

// receive reads what has come, and says whether the response is complete.
func (g *generator) receive(c *client) (bool, error) {
	read, err := syscall.Read(c.socket, g.buffer)
	if err == syscall.EINTR {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if read == 0 {
		return false, errors.New("the server closed a connection")
	}
	c.received = append(c.received, g.buffer[:read]...)
	return isWhole(c.received), nil
}

func (g *generator) note(c *client, now time.Time) {
	g.latencies = append(g.latencies, now.Sub(c.sentAt))
	g.responses++
	g.lastAt = now
	if head := c.received[:min(20, len(c.received))]; !bytes.Contains(head, g.expected) {
		g.unexpected[string(head[min(9, len(head)):min(12, len(head))])]++
		if g.sample == "" {
			g.sample = string(c.received[:min(2000, len(c.received))])
		}
	}
	c.received = c.received[:0]
	c.inFlight = false
	g.inFlight--
}

// epollWait is syscall.EpollWait without a word to Go's scheduler, whose monitor would otherwise look after this thread
// all the time that it waits: half of the generator's CPU.
func epollWait(epoll int, events []syscall.EpollEvent) (int, error) {
	ready, _, errno := syscall.RawSyscall6(
		syscall.SYS_EPOLL_PWAIT, uintptr(epoll), uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)),
		uintptr(timeout.Milliseconds()), 0, 0,
	)
	if errno != 0 {
		return 0, errno
	}
	return int(ready), nil
}

func connect(port int) (int, error) {
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		return 0, err
	}
	if err := syscall.SetsockoptInt(socket, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1); err != nil {
		return 0, err
	}
	return socket, syscall.Connect(socket, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
}

// requests makes an endless sequence of requests. Each is valid until the next.
func requests(prepared [][2]string) func() []byte {
	number, request := 0, []byte(nil)
	return func() []byte {
		parts := prepared[number%len(prepared)]
		request = append(request[:0], parts[0]...)
		request = strconv.AppendInt(request, int64(number), 10)
		request = append(request, parts[1]...)
		number++
		return request
	}
}

// isWhole says whether a response is complete; it may be chunked.
func isWhole(data []byte) bool {
	end := bytes.Index(data, []byte("\r\n\r\n"))
	if end < 0 {
		return false
	}
	for line := range bytes.SplitSeq(data[:end], []byte("\r\n")) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		if bytes.EqualFold(name, []byte("content-length")) {
			length, err := strconv.Atoi(string(bytes.TrimSpace(value)))
			return err == nil && len(data) >= end+4+length
		}
	}
	return bytes.HasSuffix(data, []byte("0\r\n\r\n"))
}

func percentile(sorted []time.Duration, share float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return float64(sorted[int(float64(len(sorted))*share)].Microseconds()) / 1000
}

func seconds(number float64) time.Duration {
	return time.Duration(number * float64(time.Second))
}

func cpuTime() time.Duration {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func generate() error {
	var l load
	if err := json.NewDecoder(os.Stdin).Decode(&l); err != nil {
		return err
	}
	g, err := newGenerator(l)
	if err != nil {
		return err
	}
	result, err := g.run(l)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}

func main() {
	runtime.GOMAXPROCS(1)
	if err := generate(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
