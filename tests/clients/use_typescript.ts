// What a customer does with generated types and openapi-fetch: `use_typescript.js BASE_URL
// DEMO_JSON`. Says in JSON what came of it.

import createClient from "openapi-fetch";
import type { paths as Attendance } from "./attendance.js";
import type { paths as Booking } from "./booking.js";
import type { paths as Messaging } from "./messaging.js";
import type { paths as Registration } from "./registration.js";
import type { paths as Reporting } from "./reporting.js";

declare const process: { argv: string[] };
declare function setTimeout(done: () => void, ms: number): number;

interface Demo {
  registration: { apiKey: string; eventPak: string; sessionPaks: string[] };
  attendance: { eventId: number; eventToken: string; ticketCodes: string[] };
  booking: { secret: string };
  messaging: { user: { username: string; password: string } };
  reporting: { username: string; password: string };
}

const [, , baseUrl, demoFile] = process.argv;
const files = (await import("node:fs" as string)) as {
  readFileSync(path: string, encoding: string): string;
};
const demo = JSON.parse(files.readFileSync(demoFile, "utf-8")) as Demo;

async function register(): Promise<string> {
  const known = demo.registration;
  const client = createClient<Registration>({ baseUrl });
  const signedIn = await client.POST("/v1.0/signin", { headers: { APIKey: known.apiKey } });
  const headers = { Authorization: `Bearer ${signedIn.data!.idToken}` };
  const queued = await client.PUT("/v1.0/register", {
    headers,
    body: {
      registration: {
        event: { eventPak: known.eventPak, sessions: [{ sessionPak: known.sessionPaks[0] }] },
        contact: { email: "typed@example.com", firstName: "Ty" },
      },
    },
  });
  const queueId = queued.data!.registration.sessions[0].queueId;
  for (let tries = 0; tries < 100; tries++) {
    const { data } = await client.GET("/v1.0/registerstatus", {
      headers,
      params: { query: { queueId: [queueId] } },
    });
    const status = data!.checkResults[0].status;
    if (status !== "queued") return status;
    await new Promise<void>((done) => setTimeout(done, 100));
  }
  return "queued";
}

async function checkIn(): Promise<[boolean, number]> {
  const known = demo.attendance;
  const client = createClient<Attendance>({
    baseUrl,
    headers: { Authorization: `event ${known.eventToken}` },
  });
  const params = { path: { code: known.ticketCodes[1] } };
  const first = await client.POST("/v1/event/attendees/code/{code}/check", { params });
  const again = await client.POST("/v1/event/attendees/code/{code}/check", { params });
  return [first.response.status === 200 && first.data!.tickets.length > 0, again.response.status];
}

async function countCandidates(): Promise<number> {
  const client = createClient<Booking>({
    baseUrl,
    headers: { Authorization: `Bearer ${demo.booking.secret}` },
  });
  const { response } = await client.POST("/api/registrations/count", {});
  return response.status;
}

async function send(): Promise<[string, number]> {
  const { username, password } = demo.messaging.user;
  const client = createClient<Messaging>({
    baseUrl,
    headers: { Authorization: `Basic ${btoa(`${username}:${password}`)}` },
  });
  const made = await client.POST("/api/v1/jobs", {
    body: {
      job_type: "sms",
      job_name: "My first job",
      message: "Hello %%recipient%%!",
      recipients: [{ destination: "61412345678" }],
    },
  });
  const { data } = await client.GET("/api/v1/jobs/{job_id}", {
    params: { path: { job_id: made.data!.data } },
  });
  return [data!.data.job_name, data!.data.reports.length];
}

async function report(): Promise<[string, boolean]> {
  const client = createClient<Reporting>({ baseUrl });
  const login = await client.GET("/api/login/json", { params: { query: demo.reporting } });
  const ids = login.data!.convey_api.result.success;
  const { data } = await client.GET("/api/reporting/audience_reports/json", {
    params: {
      query: {
        si: ids.sessionid.value,
        ui: ids.userid.value,
        ei: String(demo.attendance.eventId),
      },
    },
  });
  const found = data!.convey_api.result.success;
  return [String(found.eventid), found.attendee_list.attendee.length > 0];
}

const [checkedIn, checkedAgain] = await checkIn();
const [job, recipients] = await send();
const [reportedEvent, hasAttendees] = await report();
console.log(
  JSON.stringify({
    registered: await register(),
    checked_in: checkedIn,
    checked_again: checkedAgain,
    candidates: await countCandidates(),
    job,
    recipients,
    reported_event: reportedEvent,
    has_attendees: hasAttendees,
  }),
);
