//! Receive buffers, of which the kernel takes one for each completed receive.

use std::alloc::{alloc_zeroed, dealloc, handle_alloc_error, Layout};
use std::ffi::c_void;
use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU16, Ordering::Release};

use io_uring::types::BufRingEntry;
use io_uring::Submitter;

pub const GROUP: u16 = 0;
const PAGE: usize = 4096;
/// Keeps the starts of buffers out of the same cache sets, which a power of two would cause.
const GAP: usize = 64;

/// A buffer that the kernel has filled and returned.
#[derive(Debug)]
pub struct Filled {
    id: u16,
    bytes: usize,
}

/// A ring of buffers. Each belongs either to the kernel or, as [`Filled`], to this process.
pub struct Buffers {
    ring: Memory,
    memory: Memory,
    count: u16,
    bytes_each: usize,
    tail: u16,
    /// How many buffers the kernel has, as far as its completions show.
    vacant: usize,
}

impl Buffers {
    /// `count` is a power of two, up to 2¹⁵.
    pub fn new(count: u16, bytes_each: usize) -> Self {
        let ring = Memory::zeroed(usize::from(count) * size_of::<BufRingEntry>());
        let memory = Memory::zeroed(usize::from(count) * (bytes_each + GAP));
        Self { ring, memory, count, bytes_each, tail: 0, vacant: 0 }
    }

    /// Gives all buffers to the kernel. They must live until it has stopped receiving.
    pub fn register(&mut self, submitter: &Submitter) -> io::Result<()> {
        let address = self.ring.start.as_ptr() as u64;
        // SAFETY: the memory has the size of `count` entries, and the caller keeps it alive.
        unsafe { submitter.register_buf_ring_with_flags(address, self.count, GROUP, 0)? };
        for id in 0..self.count {
            self.give_back(Filled { id, bytes: 0 });
        }
        Ok(())
    }

    /// Takes the buffer that a completion names. None if there is no such buffer.
    pub fn take(&mut self, id: u16, bytes: usize) -> Option<Filled> {
        let filled = (id < self.count && bytes <= self.bytes_each).then_some(Filled { id, bytes });
        self.vacant -= usize::from(filled.is_some());
        filled
    }

    pub fn vacant(&self) -> usize {
        self.vacant
    }

    pub fn bytes(&self, filled: &Filled) -> &[u8] {
        // SAFETY: `take` has checked that the buffer lies inside the memory. The kernel does not
        // write to a filled buffer until it is given back.
        unsafe { std::slice::from_raw_parts(self.start(filled.id), filled.bytes) }
    }

    /// Returns a buffer to the kernel.
    pub fn give_back(&mut self, Filled { id, .. }: Filled) {
        let index = usize::from(self.tail & (self.count - 1));
        let address = self.start(id) as u64;
        let entries = self.ring.start.as_ptr().cast::<BufRingEntry>();
        // SAFETY: `index` is less than `count`, and the kernel reads an entry only after the tail
        // has passed it. The tail is a field that the entries leave free, aligned for a u16.
        let tail = unsafe {
            let entry = &mut *entries.add(index);
            entry.set_addr(address);
            entry.set_len(u32::try_from(self.bytes_each).unwrap_or(u32::MAX));
            entry.set_bid(id);
            AtomicU16::from_ptr(BufRingEntry::tail(entries).cast_mut())
        };
        self.tail = self.tail.wrapping_add(1);
        self.vacant += 1;
        tail.store(self.tail, Release);
    }

    fn start(&self, id: u16) -> *mut u8 {
        self.memory
            .start
            .as_ptr()
            .cast::<u8>()
            .wrapping_add(usize::from(id) * (self.bytes_each + GAP))
    }
}

/// Zeroed pages.
struct Memory {
    start: NonNull<c_void>,
    layout: Layout,
}

// SAFETY: the memory is reached only through its owner.
unsafe impl Send for Memory {}

impl Memory {
    fn zeroed(bytes: usize) -> Self {
        let layout = Layout::from_size_align(bytes.max(1), PAGE).expect("a small size");
        // SAFETY: the size is not zero.
        let start = unsafe { alloc_zeroed(layout) };
        let start = NonNull::new(start.cast()).unwrap_or_else(|| handle_alloc_error(layout));
        Self { start, layout }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: it was allocated with this layout and is freed only here.
        unsafe { dealloc(self.start.as_ptr().cast(), self.layout) }
    }
}
