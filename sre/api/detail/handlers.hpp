// The handlers of all routes, by the source that has them.
#pragma once

#include <memory>

namespace fusebox::api::detail {

struct Call;
using CallPtr = std::shared_ptr<Call>;

// check_routes.cpp
void post_check(const CallPtr& call);
void post_report(const CallPtr& call);

// event_routes.cpp
void post_events(const CallPtr& call);
void post_traces(const CallPtr& call);
void post_other_signal(const CallPtr& call);

// list_routes.cpp
void get_slos(const CallPtr& call);
void get_breakers(const CallPtr& call);
void get_limits(const CallPtr& call);
void get_agents(const CallPtr& call);

// record_routes.cpp
void get_decisions(const CallPtr& call);
void get_audit(const CallPtr& call);
void get_stream(const CallPtr& call);

// explain_routes.cpp
void get_explain(const CallPtr& call);

// stop_routes.cpp
void get_kills(const CallPtr& call);
void post_kill(const CallPtr& call);
void post_drill(const CallPtr& call);
void post_rearm(const CallPtr& call);

// override_routes.cpp
void post_force(const CallPtr& call);
void post_raise(const CallPtr& call);
void get_approvals(const CallPtr& call);
void post_approval(const CallPtr& call);

// process_routes.cpp
void post_process(const CallPtr& call);
void post_process_ack(const CallPtr& call);

// front_page.cpp
void get_front_page(const CallPtr& call);

// health_routes.cpp
void get_health(const CallPtr& call);
void get_readiness(const CallPtr& call);
void get_metrics(const CallPtr& call);
void get_description(const CallPtr& call);
void get_client_settings(const CallPtr& call);
void refuse_later(const CallPtr& call);

}  // namespace fusebox::api::detail
