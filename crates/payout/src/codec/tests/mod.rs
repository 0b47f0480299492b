//! What holds for the bytes of every kind of value.

pub(crate) mod samples;

use std::fmt::Debug;

use super::*;

#[test]
fn every_value_survives_the_round_trip() {
    survives(&samples::records(), encode_record, decode_record);
    survives(&samples::events(), encode_event, decode_event);
    survives(&samples::destinations(), encode_destination, decode_destination);
    survives(&samples::destination_events(), encode_destination_event, decode_destination_event);
    survives(&samples::parked(), encode_parked, decode_parked);
    survives(&samples::fences(), encode_fence, decode_fence);
    survives(&samples::evidence(), encode_evidence, decode_evidence);
    survives(&samples::targets(), |target| encode_target(target).to_vec(), decode_target);
}

fn survives<T: PartialEq + Debug>(
    values: &[T],
    encode: fn(&T) -> Vec<u8>,
    decode: fn(&[u8]) -> Result<T, CodecError>,
) {
    for value in values {
        assert_eq!(decode(&encode(value)).as_ref(), Ok(value));
    }
}
