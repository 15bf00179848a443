// Sends spans through the exporters of the OpenTelemetry project, as a program does that uses them:
//   node send.cjs URL proto|json none|gzip <TRACES
// TRACES is a JSON list of {service, spans}, where a span is {name, kind, parent, start, end,
// attributes, error}: `parent` the index of an earlier one or null, times [seconds, nanoseconds].
// Exits with 1 if the SDK has anything to complain about, a partial success included.
'use strict';

const {readFileSync} = require('node:fs');
const {SpanKind, SpanStatusCode, DiagLogLevel, context, diag, trace} =
  require('@opentelemetry/api');
const {resourceFromAttributes} = require('@opentelemetry/resources');
const {BatchSpanProcessor, NodeTracerProvider} = require('@opentelemetry/sdk-trace-node');

const EXPORTERS = {
  proto: () => require('@opentelemetry/exporter-trace-otlp-proto').OTLPTraceExporter,
  json: () => require('@opentelemetry/exporter-trace-otlp-http').OTLPTraceExporter,
};
// Of one service each; a batch is what a request carries.
const BATCH = {maxExportBatchSize: 512, maxQueueSize: 65536};

function complain(...words) {
  console.error(...words);
  process.exitCode = 1;
}

function send(tracer, spans) {
  const started = [];
  for (const span of spans) {
    const above = span.parent === null
      ? context.active() : trace.setSpan(context.active(), started[span.parent]);
    started.push(tracer.startSpan(
      span.name,
      {kind: SpanKind[span.kind], attributes: span.attributes, startTime: span.start},
      above));
  }
  spans.forEach((span, index) => {
    if (span.error) started[index].setStatus({code: SpanStatusCode.ERROR, message: span.error});
    started[index].end(span.end);
  });
}

async function main([url, encoding, compression]) {
  diag.setLogger(
    {error: complain, warn: complain, info() {}, debug() {}, verbose() {}}, DiagLogLevel.WARN);
  const Exporter = EXPORTERS[encoding]();
  for (const {service, spans} of JSON.parse(readFileSync(0, 'utf8'))) {
    const provider = new NodeTracerProvider({
      resource: resourceFromAttributes({'service.name': service}),
      spanProcessors: [new BatchSpanProcessor(new Exporter({url, compression}), BATCH)],
    });
    send(provider.getTracer('fusebox-test'), spans);
    await provider.shutdown();
  }
}

main(process.argv.slice(2)).catch(complain);
