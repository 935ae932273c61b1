// Runs calls of the AWS SDK for JavaScript v3: one JSON request a line on stdin, one JSON answer a
// line on stdout. tests/languages/sdk_clients.py describes both.
//
//     node client.mjs FOLDER [--keep-host-prefix]
//
// FOLDER has the node_modules that package-lock.json pins. The endpoint, the credentials and the
// number of attempts are read from the environment by the SDK itself.
//
// Most omics operations go to `control-storage-` in front of the endpoint's host. The clients
// switch that off with `disableHostPrefix`. With --keep-host-prefix they do not; the connection
// then goes to 127.0.0.1, whatever the host.
import { Agent } from "node:http";
import { createRequire } from "node:module";
import { isIP } from "node:net";
import { createInterface } from "node:readline";

const [folder, mode] = process.argv.slice(2);
const require = createRequire(`${folder}/`);

const loopback = (host, options, found) =>
  options.all ? found(null, [{ address: "127.0.0.1", family: 4 }]) : found(null, "127.0.0.1", 4);

const options =
  mode === "--keep-host-prefix"
    ? { requestHandler: { httpAgent: new Agent({ keepAlive: true, lookup: loopback }) } }
    : { disableHostPrefix: true };

const modules = {
  kms: require("@aws-sdk/client-kms"),
  omics: require("@aws-sdk/client-omics"),
  s3: require("@aws-sdk/client-s3"),
  sts: require("@aws-sdk/client-sts"),
};
const clients = {
  kms: new modules.kms.KMSClient(options),
  omics: new modules.omics.OmicsClient(options),
  s3: new modules.s3.S3Client({ ...options, forcePathStyle: true }),
  sts: new modules.sts.STSClient(options),
};

if (mode === "--keep-host-prefix") {
  clients.omics.middlewareStack.add(
    (next) => (args) => {
      if (isIP(args.request.hostname)) {
        throw new Error(`no prefix in front of ${args.request.hostname}`);
      }
      return next(args);
    },
    { step: "build" },
  );
}

// The SDK takes times as Date objects.
const toInput = (name, value) => (/(After|Before)$/.test(name) ? new Date(value) : value);

function toOutput({ $metadata, ...members }) {
  return members;
}

async function run({ service, operation, input, paginate, waiter }) {
  const [sdk, client] = [modules[service], clients[service]];
  if (waiter) {
    const result = await sdk[`waitUntil${waiter}`]({ client, minDelay: 1, maxWaitTime: 30 }, input);
    return { output: { state: result.state } };
  }
  if (paginate) {
    const pages = [];
    for await (const page of sdk[`paginate${operation}`]({ client }, input)) {
      pages.push(toOutput(page));
    }
    return { pages };
  }
  return { output: toOutput(await client.send(new sdk[`${operation}Command`](input))) };
}

function describe(service, error) {
  const type = modules[service][error.name];
  return {
    code: error.name,
    message: error.message,
    status: error.$metadata?.httpStatusCode,
    type: typeof type === "function" && error instanceof type ? error.name : null,
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line, toInput);
  let answer;
  try {
    answer = await run(request);
  } catch (error) {
    if (!error.$metadata) {
      answer = { failure: String(error.stack ?? error) };
    } else {
      answer = { error: describe(request.service, error) };
    }
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
