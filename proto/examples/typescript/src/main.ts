// Clears an auction of two zones as a job: submit, watch, read the prices.
// Usage: node dist/main.js [ADDRESS]; C4E_OPT_CA and C4E_OPT_TOKEN_FILE name files where the service asks for them.

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";

import { fromJson } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";

import { JobService, JobState, SubmitJobRequestSchema } from "./gen/c4e/opt/v1/jobs_pb.js";
import type { Quantity, Table } from "./gen/c4e/opt/v1/outcome_pb.js";

const address = process.argv[2] ?? "127.0.0.1:50551";
const ca = process.env.C4E_OPT_CA;
const tokenFile = process.env.C4E_OPT_TOKEN_FILE;

/** Shows the token with every call, read anew so that it may be renewed. */
const identify: Interceptor = (next) => async (request) => {
  if (tokenFile) {
    request.header.set("authorization", `Bearer ${readFileSync(tokenFile, "ascii").trim()}`);
  }
  return await next(request);
};

const jobs = createClient(
  JobService,
  createGrpcTransport({
    baseUrl: `${ca ? "https" : "http"}://${address}`,
    nodeOptions: ca ? { ca: readFileSync(ca) } : {},
    interceptors: [identify],
  }),
);

/** The labels of an axis of names. */
function names(table: Table, axis: string): string[] {
  const labels = table.axes.find((each) => each.name === axis)?.labels;
  return labels?.case === "names" ? labels.value.names : [];
}

/** The numbers of a quantity: little-endian doubles, the last axis running fastest. */
function numbers(quantity: Quantity): number[] {
  const view = new DataView(quantity.packed.buffer, quantity.packed.byteOffset, quantity.packed.byteLength);
  return Array.from({ length: view.byteLength / 8 }, (_, place) => view.getFloat64(8 * place, true));
}

async function main(): Promise<void> {
  const file = new URL("../../auction.json", import.meta.url);
  const request = fromJson(SubmitJobRequestSchema, JSON.parse(readFileSync(file, "utf8")));
  request.requestId = randomUUID(); // with a name of its own the call may be repeated: it counts once
  await jobs.submitJob(request);

  for await (const { job } of jobs.watchJob({ requestId: request.requestId })) {
    console.error(`${JobState[job?.state ?? 0]} ${job?.phase ?? ""}`.trim());
    if (job?.failure) {
      throw new ConnectError(job.failure.message, job.failure.code as Code);
    }
  }

  const { outcome } = await jobs.getJob({ requestId: request.requestId });
  const prices = outcome?.prices;
  const quantity = prices?.quantities.find((each) => each.name === "price_eur_per_mwh");
  if (!outcome || !prices || !quantity) {
    throw new Error("there is no price: the case has no answer");
  }
  const found = numbers(quantity);
  const buses = names(prices, "bus");
  const steps = found.length / buses.length;
  buses.forEach((bus, place) => {
    const series = found.slice(place * steps, (place + 1) * steps).map((price) => price.toFixed(2));
    console.log(`${bus}: ${series.join(" ")} ${outcome.currency}/MWh`);
  });
}

main().catch((error: unknown) => {
  const told = ConnectError.from(error); // code and sentence; details are google.rpc messages, see error.findDetails
  console.error(`${Code[told.code]}: ${told.rawMessage}`);
  process.exitCode = 1;
});
