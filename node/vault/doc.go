// Package vault keeps everything private, in a database of its own: the
// identity, the secrets, what could be read, and what waits to be sent.
//
// It knows nothing of what its rows say: it has names and values, sealed under
// a random data key. The data key is in a small file beside the database,
// wrapped under a key that Argon2id makes of the passphrase; without a
// passphrase it lies there bare, and whoever has the disk has the vault.
//
// # On disk
//
//	key     the wrapped data key (keyfile.go); while it is replaced there is
//	        key.new, then key.old, until that is overwritten
//	db/     a Pebble database; db.damaged-1 and so on are what Salvage put aside
//
// In the database a key is HMAC-SHA256 under a name key, over the row's name
// and the number of the chunk, and every value is of one size: XChaCha20-
// Poly1305 with a random nonce, the database key as additional data, and
// inside, the name and the chunk. So the disk shows how many rows there are,
// and neither what they are called nor how long they are.
//
// What was received is written about once a minute, and only if frames came
// at all, in batches of a fixed number of rows, filled up with dummies. So that
// the log of a disk that is seized does not say how many of the frames of a
// minute were ours, dummies are made as rows are: most under new names, some
// over others, and they go one by one, hours later (dummies.go). What the
// person does is written at once, and durable when Commit returns.
//
// This holds for the hours before the disk is looked at. Dummies go and rows
// stay: whoever has copies of the disk from different days, or finds in its
// files the order in which rows of another day were written, can count those
// that stayed. More than a batch of records in a minute shows as a second one.
//
// # When it is damaged
//
// A row proves itself to who has the key, and a block of rows to anybody. Where
// the database does not open, or not all of it can be read, nobody knows what
// is missing, and a node that went by the rest would act on half of what it
// promised: Open and Scan say ErrDamaged, and Salvage makes a database of what
// is whole, without a passphrase.
//
// # What deleting means
//
// A deleted row is in Pebble's files until these are rewritten; Purge asks for
// that. Wipe destroys the wrapped data key first, without which the rest is
// noise. On a disk that copies what it writes (every SSD, and every snapshot)
// both are best effort.
//
// A row says in itself what it is called, and not when it was written: whoever
// can write to the disk can put back an old state of a row, or of all of them.
//
// # What locking means
//
// Lock overwrites the data key and the key that names rows, drops everything
// else that is secret, and its caller gives the memory back to the system.
// Nobody can open the vault through this process any more. Yet Go moves and
// frees without overwriting: until the system has used it for something else,
// memory may hold the cipher's key, event keys, the identity, what was read,
// and copies of the passphrase that came over the socket. Swap space may hold
// them longer. votived leaves no core dumps, where the system lets it say so.
// A computer that may be seized should be off, and its swap encrypted.
//
// # Who may touch what
//
// Any goroutine may call any method. The keys and the rows that wait in memory
// are behind mu.
package vault
