// The strict S3 server of the tests: node server.mjs PORT FOLDER (tests/support/servers.py starts it).
// It knows one pair of keys, S3RVER and S3RVER, and refuses what is signed with another.
import S3rver from "@20minutes/s3rver";

const [port, directory] = process.argv.slice(2);
await new S3rver({ address: "127.0.0.1", port: Number(port), directory, silent: true }).run();
