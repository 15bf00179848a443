// The handlers of all routes, by the source that has them.
#pragma once

#include <memory>

namespace fusebox::api::detail {

struct Call;
using CallPtr = std::shared_ptr<Call>;

// check_routes.cpp
void post_check(CallPtr call);
void post_report(CallPtr call);

// event_routes.cpp
void post_events(CallPtr call);
void post_traces(CallPtr call);
void post_other_signal(CallPtr call);

// list_routes.cpp
void get_slos(CallPtr call);
void get_breakers(CallPtr call);
void get_limits(CallPtr call);
void get_agents(CallPtr call);

// record_routes.cpp
void get_decisions(CallPtr call);
void get_audit(CallPtr call);
void get_stream(CallPtr call);

// stop_routes.cpp
void get_kills(CallPtr call);
void post_kill(CallPtr call);
void post_drill(CallPtr call);
void post_rearm(CallPtr call);

// override_routes.cpp
void post_force(CallPtr call);
void post_raise(CallPtr call);
void get_approvals(CallPtr call);
void post_approval(CallPtr call);

// process_routes.cpp
void post_process(CallPtr call);
void post_process_ack(CallPtr call);

// health_routes.cpp
void get_health(CallPtr call);
void get_readiness(CallPtr call);
void get_metrics(CallPtr call);
void get_description(CallPtr call);
void get_client_settings(CallPtr call);
void refuse_later(CallPtr call);

}  // namespace fusebox::api::detail
