// SMPP networks for the tests, on the npm package smpp, which is not written by us.
//
// Each connection to the control port, which is the first line printed, makes a network of its
// own, on a port of its own. JSON lines go both ways: the first in has the options and perhaps key
// and certificate, the others are orders; what the network sees goes out. A network ends with its
// connection, the process with its standard input.
'use strict';

const net = require('node:net');
const smpp = require('smpp');

const DEFAULTS = {
  password: 'secret',
  bindStatus: 0,      // what a bind is answered with
  silentBind: false,
  maxBinds: 100,      // more at once are answered ESME_RBINDFAIL
  receipts: null,     // 'tlv', 'text' or 'early' (like tlv, sent before the answer)
  state: 2,
  stat: 'DELIVRD',
  err: '000',
  hexIds: false,      // ids in hex in answers, in decimal in the text of receipts
  delayMs: 0,         // before an answer to a submission
  statuses: {},       // command_status by destination
  throttle: 0,        // so many submissions are answered ESME_RTHROTTLED
  full: 0,            // … and so many ESME_RMSGQFUL
  silent: false,      // submissions are not answered
  dropAt: 0,          // the submission with this number breaks the connection
  deaf: false,        // enquire_link is not answered
};

function textOf(pdu) {
  const { message, udh } = pdu.short_message;
  const header = udh ? Buffer.concat(udh.map((e) => Buffer.from(e))).toString('hex') : '';
  return { text: Buffer.isBuffer(message) ? message.toString('hex') : message, udh: header };
}

class Network {
  constructor(control, { options, tls }) {
    this.options = { ...DEFAULTS, ...options };
    this.control = control;
    this.submitted = 0;
    this.binds = 0;
    this.server = smpp.createServer(tls, (session) => this.serve(session));
    this.server.listen(0, '127.0.0.1', () => {
      this.tell('listening', { port: this.server.address().port });
    });
  }

  tell(event, members) {
    this.control.write(`${JSON.stringify({ event, ...members })}\n`);
  }

  serve(session) {
    this.binds += 1;
    const bind = this.binds;
    this.tell('connected', { bind });
    session.on('error', () => {});
    session.on('close', () => this.tell('closed', { bind }));
    session.on('bind_transceiver', (pdu) => this.bind(session, bind, pdu));
    session.on('submit_sm', (pdu) => this.submit(session, bind, pdu));
    session.on('enquire_link', (pdu) => {
      this.tell('enquired', { bind });
      if (!this.options.deaf) session.send(pdu.response());
    });
    session.on('unbind', (pdu) => {
      this.tell('unbind', { bind });
      session.send(pdu.response());
      session.close();
    });
    session.on('generic_nack', (pdu) => {
      this.tell('nack', { status: pdu.command_status, sequence: pdu.sequence_number });
    });
  }

  bind(session, bind, pdu) {
    this.tell('bind', {
      bind,
      systemId: pdu.system_id,
      password: pdu.password,
      systemType: pdu.system_type,
      version: pdu.interface_version,
    });
    if (this.options.silentBind) return;
    const wrong = pdu.password === this.options.password ? 0 : smpp.ESME_RINVPASWD;
    const bound = this.server.sessions.filter((each) => each.isBound).length;
    const room = bound < this.options.maxBinds ? 0 : smpp.ESME_RBINDFAIL;
    const status = this.options.bindStatus || wrong || room;
    session.isBound = !status;
    session.send(pdu.response({ command_status: status, system_id: 'peer' }));
  }

  submit(session, bind, pdu) {
    this.submitted += 1;
    this.tell('submit', {
      bind,
      from: pdu.source_addr,
      fromTon: pdu.source_addr_ton,
      fromNpi: pdu.source_addr_npi,
      to: pdu.destination_addr,
      toTon: pdu.dest_addr_ton,
      toNpi: pdu.dest_addr_npi,
      coding: pdu.data_coding,
      registered: pdu.registered_delivery,
      esmClass: pdu.esm_class,
      ...textOf(pdu),
    });
    if (this.submitted === this.options.dropAt) session.destroy();
    else if (!this.options.silent) this.answer(session, pdu);
  }

  answer(session, pdu) {
    const { hexIds, receipts, delayMs } = this.options;
    const id = hexIds ? (0xabc0 + this.submitted).toString(16) : `m${this.submitted}`;
    const status = this.statusOf(pdu.destination_addr);
    const how = pdu.registered_delivery && !status ? receipts : null;
    const answer = () => {
      session.send(pdu.response({ command_status: status, message_id: id }));
      if (how === 'tlv' || how === 'text') this.report(session, pdu, id, how);
    };
    if (how === 'early') this.report(session, pdu, id, how);
    if (delayMs) setTimeout(answer, delayMs);
    else answer();
  }

  statusOf(to) {
    const { options } = this;
    if (options.throttle > 0) {
      options.throttle -= 1;
      return smpp.ESME_RTHROTTLED;
    }
    if (options.full > 0) {
      options.full -= 1;
      return smpp.ESME_RMSGQFUL;
    }
    return options.statuses[to] || 0;
  }

  report(session, pdu, id, how) {
    const { hexIds, stat, err, state } = this.options;
    const name = hexIds ? String(parseInt(id, 16)) : id;
    const text = `id:${name} sub:001 dlvrd:001 submit date:2501010000 done date:2501010001 ` +
      `stat:${stat} err:${err} text:stat:UNDELIV`;
    const named = { receipted_message_id: id, message_state: state };
    this.deliver(session, {
      esm_class: 4,
      source_addr: pdu.destination_addr,
      destination_addr: pdu.source_addr,
      short_message: how === 'text' ? text : 'see the optional parameters',
      ...(how === 'text' ? {} : named),
    });
  }

  deliver(session, message) {
    session.deliver_sm(message, (answer) => {
      this.tell('answered', { status: answer.command_status, command: answer.command });
    });
  }

  each(action) {
    this.server.sessions.slice().forEach(action);
  }

  obey(order) {
    this.orders[order.do].call(this, order);
  }

  end() {
    this.server.close();
    this.each((session) => session.destroy());
  }
}

Network.prototype.orders = {
  look({ number }) { this.tell('looked', { number }); },
  set({ options }) { Object.assign(this.options, options); },
  deliver({ message: { hex, ...message } }) {
    if (hex !== undefined) message.short_message = Buffer.from(hex, 'hex');
    this.deliver(this.server.sessions[0], message);
  },
  raw({ hex }) { this.each((session) => session.socket.write(Buffer.from(hex, 'hex'))); },
  drop() { this.each((session) => session.destroy()); },
  close() { this.server.close(); },
  unbind() {
    this.each((session) => {
      session.unbind((answer) => this.tell('unbound', { status: answer.command_status }));
    });
  },
  enquire() {
    this.each((session) => {
      session.enquire_link((answer) => this.tell('alive', { status: answer.command_status }));
    });
  },
};

const control = net.createServer((connection) => {
  let network = null;
  connection.on('error', () => {});
  connection.on('close', () => network?.end());
  let rest = '';
  connection.setEncoding('utf8').on('data', (data) => {
    const lines = (rest + data).split('\n');
    rest = lines.pop();
    lines.map((line) => JSON.parse(line)).forEach((order) => {
      if (network) network.obey(order);
      else network = new Network(connection, order);
    });
  });
});
control.listen(0, '127.0.0.1', () => console.log(control.address().port));
process.stdin.on('end', () => process.exit(0)).resume();
