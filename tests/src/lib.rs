//! Black-box tests of the `payoutd` binary: everything is in `it/`, in one test binary. Nothing
//! here is a library, and nothing in the product depends on it.
