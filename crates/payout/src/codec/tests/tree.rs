//! CBOR as a tree, so that tests can change written bytes in ways that stay well-formed.

use minicbor::data::Type;
use minicbor::{Decoder, Encoder};

/// One item. Leaves are kept as the bytes they are.
#[derive(Clone)]
pub(super) enum Tree {
    Leaf(Vec<u8>),
    List(Vec<Tree>),
    Map(Vec<(Tree, Tree)>),
}

impl Tree {
    /// The value behind kind and version.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut decoder = Decoder::new(&bytes[2..]);
        let tree = Self::read(&mut decoder);
        assert_eq!(decoder.position(), bytes.len() - 2);
        tree
    }

    fn read(from: &mut Decoder<'_>) -> Self {
        match from.datatype().unwrap() {
            Type::Map => {
                let count = from.map().unwrap().unwrap();
                Self::Map((0..count).map(|_| (Self::read(from), Self::read(from))).collect())
            }
            Type::Array => {
                let count = from.array().unwrap().unwrap();
                Self::List((0..count).map(|_| Self::read(from)).collect())
            }
            _ => {
                let start = from.position();
                from.skip().unwrap();
                Self::Leaf(from.input()[start..from.position()].to_vec())
            }
        }
    }

    /// The bytes of the tree, with kind and version as they were in `original`.
    pub(super) fn bytes(&self, original: &[u8]) -> Vec<u8> {
        let mut encoder = Encoder::new(original[..2].to_vec());
        self.write(&mut encoder);
        encoder.into_writer()
    }

    fn write(&self, to: &mut Encoder<Vec<u8>>) {
        match self {
            Self::Leaf(bytes) => to.writer_mut().extend_from_slice(bytes),
            Self::List(items) => {
                to.array(items.len() as u64).unwrap();
                for item in items {
                    item.write(to);
                }
            }
            Self::Map(entries) => {
                to.map(entries.len() as u64).unwrap();
                for (key, value) in entries {
                    key.write(to);
                    value.write(to);
                }
            }
        }
    }

    /// Whether this is a mirror: a map whose keys are integers. The other maps hold texts.
    fn is_mirror(&self) -> bool {
        let Self::Map(entries) = self else { return false };
        match entries.first() {
            Some((Self::Leaf(key), _)) => key[0] < 0x40,
            _ => false,
        }
    }

    fn children(&mut self) -> Vec<&mut Tree> {
        match self {
            Self::Leaf(_) => Vec::new(),
            Self::List(items) => items.iter_mut().collect(),
            Self::Map(entries) => entries.iter_mut().map(|(_, value)| value).collect(),
        }
    }

    /// Adds an entry to the front and to the end of every mirror, however deep.
    pub(super) fn add_everywhere(&mut self, first: &(Tree, Tree), last: &(Tree, Tree)) {
        for child in self.children() {
            child.add_everywhere(first, last);
        }
        if self.is_mirror()
            && let Self::Map(entries) = self
        {
            entries.insert(0, first.clone());
            entries.push(last.clone());
        }
    }

    /// Every tree that lacks one entry of one mirror.
    pub(super) fn each_without_one_key(&self) -> Vec<Tree> {
        let mut all = Vec::new();
        if self.is_mirror()
            && let Self::Map(entries) = self
        {
            for index in 0..entries.len() {
                let mut fewer = entries.clone();
                fewer.remove(index);
                all.push(Self::Map(fewer));
            }
        }
        all.extend(self.each_with_one_child(Self::each_without_one_key));
        all
    }

    /// Every tree in which one leaf that `replace` has something for is replaced.
    pub(super) fn each_with_one_leaf(&self, replace: fn(&[u8]) -> Option<Vec<u8>>) -> Vec<Tree> {
        match self {
            Self::Leaf(bytes) => replace(bytes).map(Self::Leaf).into_iter().collect(),
            _ => self.each_with_one_child(|child| child.each_with_one_leaf(replace)),
        }
    }

    fn each_with_one_child(&self, change: impl Fn(&Tree) -> Vec<Tree>) -> Vec<Tree> {
        let mut all = Vec::new();
        for index in 0..self.clone().children().len() {
            let changed = change(self.clone().children()[index]);
            for child in changed {
                let mut tree = self.clone();
                *tree.children()[index] = child;
                all.push(tree);
            }
        }
        all
    }
}
