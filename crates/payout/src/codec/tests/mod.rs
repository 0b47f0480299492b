//! What holds for the bytes of every kind of value.

pub(crate) mod arbitrary;
pub(crate) mod every;
pub(crate) mod samples;

mod damage;
mod evolution;
mod golden;
mod round_trip;
mod tree;

use super::*;

/// One kind of value: the bytes of its samples, and how bytes are read and written again. Bytes
/// stand for values here: that they do is what the round trips show.
struct Specimen {
    name: &'static str,
    written: Vec<Vec<u8>>,
    rewrite: fn(&[u8]) -> Result<Vec<u8>, CodecError>,
}

fn specimens() -> [Specimen; 12] {
    [
        Specimen {
            name: "record",
            written: samples::records().iter().map(encode_record).collect(),
            rewrite: |bytes| decode_record(bytes).map(|value| encode_record(&value)),
        },
        Specimen {
            name: "event",
            written: samples::events().iter().map(encode_event).collect(),
            rewrite: |bytes| decode_event(bytes).map(|value| encode_event(&value)),
        },
        Specimen {
            name: "destination",
            written: samples::destinations().iter().map(encode_destination).collect(),
            rewrite: |bytes| decode_destination(bytes).map(|value| encode_destination(&value)),
        },
        Specimen {
            name: "destination-event",
            written: samples::destination_events().iter().map(encode_destination_event).collect(),
            rewrite: |bytes| {
                decode_destination_event(bytes).map(|value| encode_destination_event(&value))
            },
        },
        Specimen {
            name: "parked",
            written: samples::parked().iter().map(encode_parked).collect(),
            rewrite: |bytes| decode_parked(bytes).map(|value| encode_parked(&value)),
        },
        Specimen {
            name: "fence",
            written: samples::fences().iter().map(encode_fence).collect(),
            rewrite: |bytes| decode_fence(bytes).map(|value| encode_fence(&value)),
        },
        Specimen {
            name: "evidence",
            written: samples::evidence().iter().map(encode_evidence).collect(),
            rewrite: |bytes| decode_evidence(bytes).map(|value| encode_evidence(&value)),
        },
        Specimen {
            name: "queue-hold",
            written: samples::queue_holds().iter().map(encode_queue_hold).collect(),
            rewrite: |bytes| decode_queue_hold(bytes).map(|value| encode_queue_hold(&value)),
        },
        Specimen {
            name: "settlement-break",
            written: samples::settlement_breaks().iter().map(encode_settlement_break).collect(),
            rewrite: |bytes| {
                decode_settlement_break(bytes).map(|value| encode_settlement_break(&value))
            },
        },
        Specimen {
            name: "funds",
            written: samples::funds().iter().map(encode_funds).collect(),
            rewrite: |bytes| decode_funds(bytes).map(|value| encode_funds(&value)),
        },
        Specimen {
            name: "parties",
            written: samples::parties()
                .iter()
                .map(|value| encode_parties(value).to_vec())
                .collect(),
            rewrite: |bytes| decode_parties(bytes).map(|value| encode_parties(&value).to_vec()),
        },
        Specimen {
            name: "target",
            written: samples::targets().iter().map(|value| encode_target(value).to_vec()).collect(),
            rewrite: |bytes| decode_target(bytes).map(|value| encode_target(&value).to_vec()),
        },
    ]
}
