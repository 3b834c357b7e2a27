//! A container whose keys are never reused, so that an outdated key finds nothing.

struct Slot<T> {
    generation: u32,
    content: Option<T>,
}

/// A key is the index of the slot and, in the upper half, its generation.
pub struct Slots<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self { slots: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slots<T> {
    pub fn insert(&mut self, content: T) -> u64 {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, content: None });
            u32::try_from(self.slots.len() - 1).expect("fewer than 2^32 file descriptors")
        });
        let slot = &mut self.slots[index as usize];
        slot.content = Some(content);
        u64::from(slot.generation) << 32 | u64::from(index)
    }

    pub fn get_mut(&mut self, key: u64) -> Option<&mut T> {
        self.slot_mut(key)?.content.as_mut()
    }

    pub fn remove(&mut self, key: u64) -> Option<T> {
        let slot = self.slot_mut(key)?;
        let content = slot.content.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(index_of(key));
        Some(content)
    }

    pub fn drain(&mut self) -> impl Iterator<Item = T> + '_ {
        self.free.clear();
        self.slots.drain(..).filter_map(|slot| slot.content)
    }

    fn slot_mut(&mut self, key: u64) -> Option<&mut Slot<T>> {
        let slot = self.slots.get_mut(index_of(key) as usize)?;
        (u64::from(slot.generation) == key >> 32).then_some(slot)
    }
}

fn index_of(key: u64) -> u32 {
    u32::try_from(key & u64::from(u32::MAX)).expect("masked")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_finds_its_own_content_only() {
        let mut slots = Slots::default();
        let first = slots.insert("first");
        assert_eq!(slots.remove(first), Some("first"));
        let second = slots.insert("second");
        assert_ne!(first, second);
        assert_eq!(slots.get_mut(first), None);
        assert_eq!(slots.remove(first), None);
        assert_eq!(slots.get_mut(second), Some(&mut "second"));
        assert_eq!(slots.get_mut(7), None);
        assert_eq!(slots.drain().collect::<Vec<_>>(), ["second"]);
    }
}
